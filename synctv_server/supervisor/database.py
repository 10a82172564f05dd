"""The database that the settings name: the target of migrations, whether this program fits it, and that it is ours.

Used by `serve`, `init`, `migrate` and by commands that open the application themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from synctv_server import __version__
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.errors import ActionNeeded, BrokenState, IncompatibleVersion
from synctv_server.store.server_lock import ServerLock
from synctv_server.upkeep import migrate
from synctv_server.upkeep.backup import creating
from synctv_server.upkeep.backup.installed import Installed, folder_of
from synctv_server.upkeep.backup.verifying import verify
from synctv_server.upkeep.migrate import MigrationState, MigrationTarget


def migration_target(loaded: LoadedSettings) -> MigrationTarget:
    """The database of this installation, for the migration runner."""
    database = loaded.settings.database
    password = database.password.reveal() if database.password else None
    target = MigrationTarget.from_url(database.url, password, backups=folder_of(loaded))

    async def save() -> Path:
        made = await creating.create(Installed.of(loaded))
        found = await verify(made.path)
        if found.problem is not None:
            raise BrokenState(
                f"the backup before the migration is bad: {found.problem}; nothing was migrated"
            )
        return made.path

    return replace(target, save=save)


async def require_current_schema(target: MigrationTarget) -> None:
    """Raises what stands between this program and the database: ActionNeeded, BrokenState, IncompatibleVersion."""
    found = await migrate.status(target)
    match found.state:
        case MigrationState.PENDING:
            count = len(found.pending)
            raise ActionNeeded(
                f"the database waits for {count} migration{'s' if count > 1 else ''}",
                hint="`synctv migrate up` or `synctv serve --migrate` applies them, after a backup.",
            )
        case MigrationState.NEWER:
            raise IncompatibleVersion(
                f"{found.problem}; this is SyncTV {__version__}, which knows {found.latest}",
                hint=f"Install that version again, or go back with `synctv migrate down --to {found.latest}`.",
            )
        case MigrationState.DIRTY | MigrationState.DRIFTED:
            raise BrokenState(
                f"{found.problem}", hint="`synctv migrate status` shows where the database stands."
            )


@asynccontextmanager
async def server_lock(loaded: LoadedSettings) -> AsyncIterator[ServerLock | None]:
    """The lock of the one server on a PostgreSQL database, held for the block; None on SQLite."""
    database = loaded.settings.database
    if database.is_sqlite:
        yield None
        return
    lock = ServerLock(database.url, database.password.reveal() if database.password else None)
    await lock.take()
    try:
        yield lock
    finally:
        await lock.release()


@asynccontextmanager
async def alone_on(target: MigrationTarget) -> AsyncIterator[None]:
    """While no server of any host works on this database, where it is a PostgreSQL; a file has `synctv.lock`."""
    if target.kind == "sqlite":
        yield
        return
    lock = ServerLock(target.address.dsn, target.address.password)
    await lock.take()
    try:
        yield
    finally:
        await lock.release()
