"""Whether the database is what it is believed to be: the ledger beside the files, the schema beside what they make.

Called by `synctv migrate verify`. A test holds the tables of the code to the same schema.
"""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.upkeep.migrate import ledger, schema
from synctv_server.upkeep.migrate.building import build
from synctv_server.upkeep.migrate.ledger import MigrationState, MigrationStatus
from synctv_server.upkeep.migrate.schema import Schema
from synctv_server.upkeep.migrate.session import MigrationSession
from synctv_server.upkeep.migrate.target import MigrationTarget

_NOT_COMPARABLE = (MigrationState.DIRTY, MigrationState.NEWER)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of the schema that is not as its migrations make it; None is for not there at all."""

    object: str
    name: str
    found: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """Where the database stands, and how its schema differs from what the applied migrations make."""

    status: MigrationStatus
    differences: tuple[Difference, ...]


async def verify(target: MigrationTarget) -> Verification:
    """Compare, and change nothing.

    What is in the middle of a migration, or newer than this program, has nothing to be compared with. Raises Forbidden
    where the user of PostgreSQL may not make the scratch schema that is compared with.
    """
    known = target.migrations()
    async with target.connect(create=False) as session:
        applied = () if session is None else await session.applied()
        found = ledger.judge(applied, known)
        if session is None or not applied or found.state in _NOT_COMPARABLE:
            return Verification(found, ())
        real = await schema.read(session)
        expected = await _made_by(session, target, len(applied))
    return Verification(found, tuple(_differences(real, expected)))


async def _made_by(session: MigrationSession, target: MigrationTarget, count: int) -> Schema:
    async with session.scratch() as scratch:
        await build(scratch, target.migrations()[:count], target.now)
        return await schema.read(scratch)


def _differences(found: Schema, expected: Schema) -> list[Difference]:
    names = sorted(key for key in {*found, *expected} if found.get(key) != expected.get(key))
    return [Difference(*key, found.get(key), expected.get(key)) for key in names]
