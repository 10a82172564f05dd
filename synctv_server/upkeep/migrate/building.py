"""A schema built from nothing and taken away, in one transaction of the caller.

Used to compare with, and to put a backup into.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from synctv_server.domain.times import Now
from synctv_server.upkeep.migrate import data, ledger
from synctv_server.upkeep.migrate.files import Migration
from synctv_server.upkeep.migrate.ledger import StepState
from synctv_server.upkeep.migrate.session import MigrationSession

# What is built here is seen by nobody yet: an index need not be built beside its readers.
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)


async def build(session: MigrationSession, migrations: Sequence[Migration], now: Now) -> None:
    """Apply these to what the migrations before them have made, with their lines in the ledger."""
    await session.execute(ledger.CREATE)
    for migration in migrations:
        if migration.data is None:
            await session.run_inside(_CONCURRENTLY.sub("", migration.up_sql))
        else:
            await data.run(session, migration.data, "up")
        await session.enter(migration, StepState.APPLIED, now())


async def tear_down(session: MigrationSession) -> None:
    """Take away what migrations have made, rows and all, and nothing else that may be in the same place."""
    for one in reversed(await session.applied()):
        await session.run_inside(_CONCURRENTLY.sub("", one.down_sql))
    await session.execute("DROP TABLE IF EXISTS schema_migrations")
