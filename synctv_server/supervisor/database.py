"""The database that the settings name: the target of migrations, whether this program fits it, and that it is ours.

Used by `serve`, `init`, `migrate` and by commands that open the application themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from synctv_server import __version__
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.errors import ActionNeeded, BrokenState, IncompatibleVersion
from synctv_server.store.server_lock import ServerLock
from synctv_server.upkeep import migrate
from synctv_server.upkeep.migrate import MigrationState, MigrationTarget


def migration_target(loaded: LoadedSettings) -> MigrationTarget:
    """The database of this installation, for the migration runner."""
    database = loaded.settings.database
    password = database.password.reveal() if database.password else None
    return MigrationTarget.from_url(database.url, password, backups=loaded.data_dir / "backups")


async def require_current_schema(target: MigrationTarget) -> None:
    """Raises what stands between this program and the database: ActionNeeded, BrokenState, IncompatibleVersion."""
    found = await migrate.status(target)
    match found.state:
        case MigrationState.PENDING:
            count = len(found.pending)
            raise ActionNeeded(
                f"the database waits for {count} migration{'s' if count > 1 else ''}",
                hint="Back it up, then `synctv migrate up` or `synctv serve --migrate`; SQLite is copied by itself.",
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
