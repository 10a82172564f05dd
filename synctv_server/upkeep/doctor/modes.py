"""Who may read and write what: everything that is guarded is for its owner alone."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, doubtful, ill, well
from synctv_server.upkeep.guarded import GUARDED, OTHERS, Guarded, is_writable_by_others, mode_of, with_modes
from synctv_server.upkeep.premises import Premises


def _on(guarded: Guarded) -> Callable[[Premises], Verdict]:
    def closed(premises: Premises) -> Verdict:
        loose = guarded.loose(premises)
        if not loose:
            return well(f"{guarded.name}: for its owner alone")
        is_grave = guarded.stake in {"high", "critical"} or any(is_writable_by_others(path) for path in loose)
        cure = _tightening(loose)
        judged = ill if is_grave else doubtful
        return judged(f"{guarded.name}: others may use {with_modes(loose)}", cure.does, cure)

    return closed


def owned(premises: Premises) -> Verdict:
    """The owner may read, and write where the server writes: root may anyway, so that only a mode tells."""
    shut = {path: lacking for path, needed in _needed(premises) if (lacking := _lacking(path, needed))}
    if not shut:
        return well("its owner may read and write it")

    def open_again() -> None:
        for path, lacking in shut.items():
            path.chmod(mode_of(path) | lacking)

    does = f"chmod u+rwX {' '.join(str(path) for path in shut)}"
    return ill(f"its owner may not use {with_modes(shut)}", does, Cure(does, open_again))


def _needed(premises: Premises) -> Iterator[tuple[Path, int]]:
    """What is there, and the owner's bits that the server needs on it."""
    home = premises.data_dir
    yield from ((folder, stat.S_IRWXU) for folder in (home, home / "keys"))
    yield from ((path, stat.S_IRUSR) for path in (premises.config_file, *(home / "keys").glob("*")))
    if premises.database_file is not None:
        yield premises.database_file, stat.S_IRUSR | stat.S_IWUSR


def _lacking(path: Path, needed: int) -> int:
    return needed & ~mode_of(path) if path.exists() else 0


def _tightening(paths: list[Path]) -> Cure:
    """Takes everybody but the owner out of the modes."""

    def tighten() -> None:
        for path in paths:
            path.chmod(mode_of(path) & ~OTHERS)

    return Cure(f"chmod go= {' '.join(str(path) for path in paths)}", tighten)


CHECKS = (
    *(Check(guarded.id, _on(guarded), f"Nobody else uses the {guarded.name}.") for guarded in GUARDED),
    Check("data_dir.usable", owned),
)
