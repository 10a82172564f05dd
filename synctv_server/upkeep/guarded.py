"""What of an installation is nobody else's business: every file and folder that only its owner may use.

`synctv doctor` tightens it, `synctv audit` judges it.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from synctv_server.config.places import (
    AUDIT_CHECKPOINTS_FILE_NAME,
    AUDIT_HEAD_FILE_NAME,
    LOCK_FILE_NAME,
    SETUP_LINK_FILE_NAME,
)
from synctv_server.upkeep.premises import NotExaminable, Premises

Stake = Literal["low", "medium", "high", "critical"]

OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Guarded:
    """`stake` is how bad it is when others read it."""

    id: str
    name: str
    stake: Stake
    paths: Callable[[Premises], Iterable[Path]]

    def loose(self, premises: Premises) -> list[Path]:
        """Those that others may use. Raises NotExaminable where there are none at all."""
        present = [path for path in self.paths(premises) if path.exists()]
        if not present:
            raise NotExaminable(f"nothing is there: {self.name}")
        return [path for path in present if mode_of(path) & OTHERS]


def mode_of(path: Path) -> int:
    """The permission bits of what `path` leads to."""
    return stat.S_IMODE(path.stat().st_mode)


def is_writable_by_others(path: Path) -> bool:
    """Whether anybody but the owner may change it."""
    return bool(mode_of(path) & _OTHERS_WRITE)


def with_modes(paths: Iterable[Path]) -> str:
    """The paths with their modes, for a message."""
    return ", ".join(f"{path} (mode {mode_of(path):04o})" for path in paths)


def _database(premises: Premises) -> Iterable[Path]:
    file = premises.database_file
    return [] if file is None else [file.with_name(f"{file.name}{end}") for end in ("", "-wal", "-shm")]


def _audit_trail(premises: Premises) -> Iterable[Path]:
    return [premises.data_dir / name for name in (AUDIT_HEAD_FILE_NAME, AUDIT_CHECKPOINTS_FILE_NAME)]


def _logs(premises: Premises) -> Iterable[Path]:
    named = premises.loaded.settings.observability.log_directory if premises.loaded else None
    return _with_contents(named or premises.data_dir / "logs")


def _socket(premises: Premises) -> Iterable[Path]:
    return [premises.control_socket] if isinstance(premises.control_socket, Path) else []


def _with_contents(folder: Path) -> Iterable[Path]:
    return [folder, *sorted(folder.glob("*"))]


GUARDED = (
    Guarded("data_dir.mode", "data directory", "medium", lambda premises: [premises.data_dir]),
    Guarded("keys.folder_mode", "folder keys/", "high", lambda premises: [premises.data_dir / "keys"]),
    Guarded(
        "keys.file_modes",
        "files in keys/",
        "critical",
        lambda premises: (premises.data_dir / "keys").glob("*"),
    ),
    Guarded("config.mode", "configuration file", "low", lambda premises: [premises.config_file]),
    Guarded("database.mode", "database file", "high", _database),
    Guarded(
        "setup_link.mode", "set-up link", "high", lambda premises: [premises.data_dir / SETUP_LINK_FILE_NAME]
    ),
    Guarded("control.mode", "control socket", "critical", _socket),
    Guarded("audit_log.mode", "trail of the audit log", "medium", _audit_trail),
    Guarded("lock.mode", "lock file", "low", lambda premises: [premises.data_dir / LOCK_FILE_NAME]),
    Guarded("logs.mode", "logs", "medium", _logs),
    Guarded(
        "backups.mode", "backups", "high", lambda premises: _with_contents(premises.data_dir / "backups")
    ),
)
