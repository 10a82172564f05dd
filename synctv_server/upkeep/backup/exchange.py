"""Several files put in place of others, all or none, whenever the process is killed.

Each is written beside its place first. A journal in the data directory then names them all, and from that moment on
they are exchanged: by this process, or by the next that takes the lock of the installation (`supervisor.lock`).
Light on purpose: a health probe imports it with the lock.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from synctv_server.upkeep.backup import files

_JOURNAL = ".exchange.json"


@dataclass(frozen=True, slots=True)
class _Move:
    """`source` takes the place of `target`, which goes to `aside` where that is given; `clears` are removed."""

    source: str
    target: str
    aside: str | None = None
    clears: tuple[str, ...] = field(default=())


class Exchange:
    """`with`: stage files, then `commit`; what was staged without that is removed."""

    def __init__(self, data_dir: Path) -> None:
        self._journal = data_dir / _JOURNAL
        self._data_dir = data_dir
        self._moves: list[_Move] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._journal.exists():
            for move in self._moves:
                Path(move.source).unlink(missing_ok=True)

    def stage(self, target: Path, *, aside: Path | None = None, clears: tuple[Path, ...] = ()) -> Path:
        """Where the file that is to be `target` has to be written; nothing is there yet."""
        source = target.with_name(f".{target.name}.staged")
        with files.told(source):
            for left in (source, source.with_name(f"{source.name}-journal")):  # of one that was killed
                left.unlink(missing_ok=True)
        move = _Move(str(source), str(target), str(aside) if aside else None, tuple(map(str, clears)))
        self._moves.append(move)
        return source

    def commit(self) -> None:
        """Put every staged file in its place."""
        for move in self._moves:
            with files.told(Path(move.source)):
                files.sync(Path(move.source))
                files.sync(Path(move.source).parent)
        draft = self._journal.with_name(f"{_JOURNAL}.draft")
        files.write_private(draft, json.dumps([asdict(move) for move in self._moves]).encode())
        with files.told(self._journal):
            files.put(draft, self._journal)
        complete(self._data_dir)


def is_cut_off(data_dir: Path) -> bool:
    """Whether an exchange waits to be completed."""
    return (data_dir / _JOURNAL).exists()


def complete(data_dir: Path) -> bool:
    """Carry out an exchange that was committed and cut off; whether there was one. Disk errors as in `files.told`."""
    journal = data_dir / _JOURNAL
    try:
        moves = [_Move(**move) for move in json.loads(journal.read_bytes())]
    except FileNotFoundError:
        return False
    with files.told(journal):
        for move in moves:
            if os.path.lexists(move.source):
                _carry_out(move)
        journal.unlink()
        files.sync(data_dir)
    return True


def _carry_out(move: _Move) -> None:
    target = Path(move.target)
    if move.aside is not None and target.exists():
        target.replace(move.aside)
    for path in move.clears:
        Path(path).unlink(missing_ok=True)
    files.put(Path(move.source), target)
