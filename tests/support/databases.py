"""Fresh databases of both kinds for tests: empty, or at the newest migration by a copy of one made once."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from synctv_server.upkeep.migrate import MigrationTarget, up
from tests.support import postgres

_migrated_file: list[tuple[TemporaryDirectory[str], Path]] = []


async def empty(kind: str, folder: Path) -> str:
    """The URL of a database without any table, of this kind; a SQLite file goes into `folder`."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'synctv.db'}"
    return await postgres.fresh_database(postgres.server())


async def migrated(kind: str, folder: Path) -> str:
    """The URL of a database at the newest migration, ready within milliseconds."""
    if kind == "postgres":
        return await postgres.fresh_database(postgres.server(), migrate)
    if not _migrated_file:
        home = TemporaryDirectory(prefix="synctv-sqlite-")
        original = Path(home.name) / "synctv.db"
        await migrate(f"sqlite:///{original}")
        _migrated_file.append((home, original))
    path = folder / "synctv.db"
    shutil.copyfile(_migrated_file[0][1], path)
    return f"sqlite:///{path}"


async def migrate(url: str, folder: Path | None = None) -> None:
    """Everything up, with the migrations of the program or those of `folder`."""
    target = MigrationTarget.from_url(url)
    await up(target if folder is None else dataclasses.replace(target, folder=folder))
