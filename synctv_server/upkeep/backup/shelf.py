"""The backups of an installation: listed, and the old ones removed. Used by `synctv backup`, the job and `doctor`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from synctv_server.domain.times import SECOND, Millis
from synctv_server.upkeep.backup import files
from synctv_server.upkeep.backup.archive import manifest_of
from synctv_server.upkeep.backup.manifest import Manifest

_BACKUP = re.compile(r"synctv-(\d{8}T\d{6}\.\d{3})Z\.zip")
_COPY = re.compile(r"before-(\d{8}T\d{6}\.\d{6})Z-at-\d{4}\.db")


@dataclass(frozen=True, slots=True)
class Kept:
    """One file: a `backup`, or the `copy` of a SQLite file from before a migration; `made_at` is in its name."""

    path: Path
    kind: Literal["backup", "copy"]
    made_at: Millis
    size_bytes: int


def list_backups(folder: Path) -> list[Kept]:
    """What this program has put there by itself, the newest first; files of other names are somebody's own."""
    if not folder.is_dir():
        return []
    found = [kept for path in folder.iterdir() if (kept := _kept(path)) is not None]
    return sorted(found, key=lambda kept: kept.made_at, reverse=True)


def describe(kept: Kept) -> Manifest | None:
    """What a backup says of itself; None for a copy, and for one that cannot be read."""
    return manifest_of(kept.path) if kept.kind == "backup" else None


def surplus(folder: Path, keep: int) -> list[Kept]:
    """The backups beyond the newest `keep`, and the copies beyond as many."""
    listed = list_backups(folder)
    kinds = [[kept for kept in listed if kept.kind == kind] for kind in ("backup", "copy")]
    return [kept for of_kind in kinds for kept in of_kind[keep:]]


def remove(backups: Sequence[Kept]) -> None:
    """Delete them; Forbidden where that is not allowed."""
    for kept in backups:
        with files.told(kept.path):
            kept.path.unlink(missing_ok=True)


def _kept(path: Path) -> Kept | None:
    for kind, pattern in (("backup", _BACKUP), ("copy", _COPY)):
        if found := pattern.fullmatch(path.name):
            moment = datetime.strptime(found[1], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            made_at = round(moment.timestamp() * SECOND)
            return Kept(path, "backup" if kind == "backup" else "copy", made_at, path.stat().st_size)
    return None
