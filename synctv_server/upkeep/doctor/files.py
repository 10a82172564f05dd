"""The data directory: there, ours, writable, whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import Premises


def exists(premises: Premises) -> Verdict:
    """The data directory is a directory."""
    if premises.data_dir.is_dir():
        return well(f"{premises.data_dir} is there")
    if premises.data_dir.exists():
        return ill(f"{premises.data_dir} is no directory", "name another place with --data-dir")
    return ill(f"there is no {premises.data_dir}", "`synctv init` makes it; --data-dir names another place")


def writable(premises: Premises) -> Verdict:
    """A file can be made in the data directory."""
    premises.require_home()
    try:
        with tempfile.TemporaryFile(dir=premises.data_dir):
            return well("it can be written")
    except OSError as error:
        reason = (error.strerror or "error").lower()
        return ill(
            f"{premises.data_dir} cannot be written: {reason}",
            "run synctv as the user who owns it, and see that its disk is mounted for writing",
        )


def owner(premises: Premises) -> Verdict:
    """The data directory belongs to the user who runs this."""
    premises.require_home()
    theirs, ours = premises.data_dir.stat().st_uid, os.geteuid()
    if theirs == ours:
        return well("it belongs to this user")
    message = f"{premises.data_dir} belongs to uid {theirs}, and this runs as uid {ours}"
    fix = f"run synctv as that user: sudo -u '#{theirs}' synctv doctor"
    return doubtful(message, fix) if ours == 0 else ill(message, fix)


def owners(premises: Premises) -> Verdict:
    """All in the data directory has the owner of that: a command as root may have left something."""
    premises.require_home()
    facts = premises.data_dir.stat()
    strange = [path for path in _inside(premises) if path.lstat().st_uid != facts.st_uid]
    if not strange:
        return well("everything in it has one owner")

    def give_back() -> None:
        for path in strange:
            os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)

    does = f"chown {facts.st_uid}:{facts.st_gid} {_listed(strange)}"
    return ill(f"{_listed(strange)} belongs to somebody else", does, Cure(does, give_back))


def links(premises: Premises) -> Verdict:
    """No symbolic link in the data directory leads nowhere."""
    premises.require_home()
    if dead := [path for path in _inside(premises) if path.is_symlink() and not path.exists()]:
        return ill(
            f"{_listed(dead)} is a symbolic link that leads nowhere",
            "bring back what it leads to, or remove it",
        )
    return well("no symbolic link leads nowhere")


def keys_folder(premises: Premises) -> Verdict:
    """The folder `keys/` is there."""
    premises.require_home()
    folder = premises.data_dir / "keys"
    if folder.is_dir():
        return well("keys/ is there")
    return ill(
        f"there is no {folder}",
        "bring the folder back from a backup",
        Cure(f"mkdir -m 700 {folder}", lambda: folder.mkdir(mode=0o700))
        if not os.path.lexists(folder)
        else None,
    )


def _inside(premises: Premises) -> Iterable[Path]:
    """What SyncTV itself has put there; films are the owner's own matter."""
    yield from premises.data_dir.iterdir()
    for name in ("keys", "backups", "logs"):
        if (folder := premises.data_dir / name).is_dir():
            yield from folder.iterdir()


def _listed(paths: list[Path]) -> str:
    return " ".join(str(path) for path in paths)


CHECKS = (
    Check("data_dir.exists", exists),
    Check("data_dir.writable", writable),
    Check("data_dir.owner", owner),
    Check("data_dir.owners", owners),
    Check("data_dir.links", links),
    Check("keys.folder", keys_folder),
)
