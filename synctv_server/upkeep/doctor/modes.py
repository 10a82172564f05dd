"""Who may read and write what: everything that is guarded is for its owner alone."""

from __future__ import annotations

from collections.abc import Callable
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


def _tightening(paths: list[Path]) -> Cure:
    """Takes everybody but the owner out of the modes."""

    def tighten() -> None:
        for path in paths:
            path.chmod(mode_of(path) & ~OTHERS)

    return Cure(f"chmod go= {' '.join(str(path) for path in paths)}", tighten)


CHECKS = tuple(Check(guarded.id, _on(guarded)) for guarded in GUARDED)
