"""The folder of films."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, doubtful, ill, well
from synctv_server.upkeep.guarded import mode_of
from synctv_server.upkeep.premises import NotExaminable, Premises

_LOOKED_AT_MOST = 20_000
_OTHERS_WRITE = 0o002


def exists(premises: Premises) -> Verdict:
    """`media.library` is a folder that can be read."""
    premises.require_home()
    library = premises.settings.media.library
    if library.is_dir():
        if os.access(library, os.R_OK | os.X_OK):
            return well(f"films are in {library}")
        return ill(f"{library} cannot be read", f"let this user read it: chmod u+rx {library}")
    if os.path.lexists(library):
        return ill(f"{library} is no folder", "move it away, or set media.library to a folder")
    is_ours = library.parent.is_dir() and library.is_relative_to(premises.data_dir)
    does = f"mkdir {library}"
    return doubtful(
        f"there is no {library}: rooms can play links alone",
        f"{does}, or set media.library to the folder of your films",
        Cure(does, lambda: library.mkdir(exist_ok=True)) if is_ours else None,
    )


def links(premises: Premises) -> Verdict:
    """No symbolic link is in the library: the server follows none."""
    found = [path for path in islice(_below(_library(premises)), _LOOKED_AT_MOST) if path.is_symlink()]
    if not found:
        return well("no symbolic link is in it")
    return doubtful(
        f"{found[0]} is a symbolic link, and the server follows none ({len(found)} in all)",
        "move the films in, set media.library to the folder itself, or mount that here (`mount --bind`)",
    )


def mode(premises: Premises) -> Verdict:
    """Not everybody on this machine may put films into the library."""
    library = _library(premises)
    if not mode_of(library) & _OTHERS_WRITE:
        return well("not everybody may write to it")
    does = f"chmod o-w {library}"
    return doubtful(
        f"everybody on this machine may put films into {library}",
        does,
        Cure(does, lambda: library.chmod(mode_of(library) & ~_OTHERS_WRITE)),
    )


def _library(premises: Premises) -> Path:
    library = premises.settings.media.library
    if not library.is_dir():
        raise NotExaminable("there is no folder of films")
    return library


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        yield from (Path(place) / name for name in (*folders, *names))


CHECKS = (Check("media.folder", exists), Check("media.links", links), Check("media.mode", mode))
