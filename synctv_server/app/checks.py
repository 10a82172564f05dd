"""What the ready probe looks at beside the database itself: room on the disk, and the schema that we need."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from synctv_server.config.sections.database import DatabaseSection
from synctv_server.domain.errors import Unavailable
from synctv_server.observability.health import HealthCheck
from synctv_server.upkeep import migrate
from synctv_server.upkeep.migrate import MigrationState, MigrationTarget

_LEAST_FREE_BYTES = 50 * 1_024 * 1_024
_MIB = 1_024 * 1_024


def disk_check(folder: Path) -> HealthCheck:
    """Fails when the disk of the data directory is nearly full."""

    async def require_space() -> None:
        usage = await asyncio.to_thread(shutil.disk_usage, folder)  # a network disk may hang
        free = usage.free
        if free < _LEAST_FREE_BYTES:
            raise Unavailable(f"the disk of the data directory has {free // _MIB} MiB left; make room")

    return HealthCheck("disk", require_space)


def schema_check(section: DatabaseSection) -> HealthCheck:
    """Fails when somebody has changed the schema under the running server."""
    target = MigrationTarget.from_url(section.url, section.password.reveal() if section.password else None)

    async def require_current() -> None:
        found = await migrate.status(target)
        if found.state is not MigrationState.CURRENT:
            raise Unavailable(f"the schema is {found.state.value}; `synctv migrate status` says more")

    return HealthCheck("migrations", require_current)
