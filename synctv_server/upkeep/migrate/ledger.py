"""What the database says of itself: the table `schema_migrations`, and what that means beside the files.

The down SQL is kept in it, so that an older program can take down what a newer one has applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from synctv_server.domain.times import Millis
from synctv_server.upkeep.migrate.files import Migration, id_of

CREATE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    checksum   TEXT   NOT NULL,
    down_sql   TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    applied_at BIGINT NOT NULL,
    took_ms    BIGINT NOT NULL,
    app_version TEXT  NOT NULL
)
"""
READ = """
SELECT version, name, checksum, down_sql, state, applied_at, app_version
FROM schema_migrations ORDER BY version
"""
WRITE = """
INSERT INTO schema_migrations (version, name, checksum, down_sql, state, applied_at, took_ms, app_version)
VALUES ({}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (version) DO UPDATE SET name = excluded.name, checksum = excluded.checksum,
    down_sql = excluded.down_sql, state = excluded.state, applied_at = excluded.applied_at,
    took_ms = excluded.took_ms, app_version = excluded.app_version
"""
MARK = "UPDATE schema_migrations SET state = {} WHERE version = {}"
REMOVE = "DELETE FROM schema_migrations WHERE version = {}"


class StepState(StrEnum):
    """`applying` and `reverting` are seen only where a step without a transaction was cut off."""

    APPLIED = "applied"
    APPLYING = "applying"
    REVERTING = "reverting"


class MigrationState(StrEnum):
    CURRENT = "current"
    PENDING = "pending"
    DIRTY = "dirty"
    DRIFTED = "drifted"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """One row of the ledger."""

    version: int
    name: str
    checksum: str
    down_sql: str
    state: StepState
    applied_at: Millis
    app_version: str

    @property
    def id(self) -> str:
        return id_of(self.version)


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Where a database stands; `problem` says in words why it is dirty, drifted or newer."""

    state: MigrationState
    latest: str | None
    applied: tuple[AppliedMigration, ...]
    pending: tuple[Migration, ...]
    problem: str | None = None

    @property
    def current(self) -> str | None:
        return self.applied[-1].id if self.applied else None


def judge(applied: Sequence[AppliedMigration], known: Sequence[Migration]) -> MigrationStatus:
    """The ledger beside the files of this program."""
    pending = tuple(known[len(applied) :])
    state = MigrationState.PENDING if pending else MigrationState.CURRENT
    problem = None
    for found, told in (
        (MigrationState.NEWER, _newer(applied, known)),
        (MigrationState.DRIFTED, _drifted(applied, known)),
        (MigrationState.DIRTY, _dirty(applied)),
    ):
        if told is not None:
            state, problem = found, told
            break
    return MigrationStatus(state, known[-1].id if known else None, tuple(applied), pending, problem)


def _dirty(applied: Sequence[AppliedMigration]) -> str | None:
    for one in applied:
        if one.state is not StepState.APPLIED:
            return f"{one.id}_{one.name} was cut off while {one.state.value}; `synctv migrate up` mends it"
    return None


def _newer(applied: Sequence[AppliedMigration], known: Sequence[Migration]) -> str | None:
    if not applied or applied[-1].version <= len(known):
        return None
    last = applied[-1]
    return f"the database is at {last.id}_{last.name}, applied by SyncTV {last.app_version}"


def _drifted(applied: Sequence[AppliedMigration], known: Sequence[Migration]) -> str | None:
    for one, migration in zip(applied, known, strict=False):
        if one.version != migration.version:
            return f"{migration.id} is missing from the ledger, while {one.id} is in it"
        if one.state is StepState.APPLIED and one.checksum != migration.checksum:
            return f"{one.id}_{one.name} is not what it was when it was applied: the file has been changed"
    return None
