"""Opens the application as the only one on its database, for commands where no server runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from synctv_server.app import Application, open_application
from synctv_server.config.sources import LoadedSettings
from synctv_server.supervisor.database import migration_target, require_current_schema, server_lock


@asynccontextmanager
async def open_alone(loaded: LoadedSettings) -> AsyncIterator[Application]:
    """The application on a database that nobody else serves; the caller holds `synctv.lock`.

    Raises Conflict where another host serves it, ActionNeeded where migrations wait.
    """
    await require_current_schema(migration_target(loaded))
    async with server_lock(loaded), open_application(loaded) as application:
        yield application
