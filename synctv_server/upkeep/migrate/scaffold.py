"""The files of a new migration, to be filled in. Called by `synctv migrate new`, in a checkout."""

from __future__ import annotations

import re
from pathlib import Path

from synctv_server.domain.errors import Invalid
from synctv_server.upkeep.migrate import files

_NAME = re.compile(r"[a-z][a-z0-9_]{2,40}")
_KINDS = ("sqlite", "postgres")
_UP = "-- {title}: what changes, and why.\n"
_DOWN = "-- {title}: back to how it was before.\n"
_DATA = '''"""{title}: what changes, and why. Imports nothing of SyncTV: it must do in years what it does today."""

from __future__ import annotations

from typing import Any


async def up(db: Any) -> None:
    """`await db.execute(sql, *arguments)` gives rows; `{{}}` stands for an argument, `db.kind` for the database."""


async def down(db: Any) -> None:
    """Back to how it was before."""
'''


def scaffold(name: str, *, as_data_step: bool, folder: Path | None = None) -> tuple[str, list[Path]]:
    """The id of the new migration and its files: SQL for both databases, or one data step in Python.

    Raises Invalid for a name that is none, or where the program is installed and not a checkout.
    """
    if _NAME.fullmatch(name) is None:
        raise Invalid(
            f"{name!r} is no name for a migration: small letters, digits and _, like chat_reactions"
        )
    place = folder or files.folder()
    if not (place.parent / "pyproject.toml").is_file():
        raise Invalid(
            "migrations are written in a checkout of SyncTV, and this one is installed",
            hint="clone the repository, `make setup`, and run .venv/bin/synctv there",
        )
    number = files.id_of(len(files.load(place, "sqlite")) + 1)
    title = name.replace("_", " ").capitalize()
    texts = {f"{number}_{name}.py": _DATA} if as_data_step else _sql_files(f"{number}_{name}")
    written = []
    for file_name, text in texts.items():
        path = place / file_name
        path.write_text(text.format(title=title), encoding="utf-8")
        written.append(path)
    return number, written


def _sql_files(stem: str) -> dict[str, str]:
    return {
        f"{stem}.{kind}.{way}.sql": text for kind in _KINDS for way, text in (("up", _UP), ("down", _DOWN))
    }
