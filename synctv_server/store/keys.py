"""The key ring in the database, and what is sealed by it. Called by the services of keys; writes are durable.

Which columns hold values under a sealing key stands here alone; a test compares the list with the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.engines.faults import UniqueViolated
from synctv_server.store.tables import Keys


class KeyStore:
    """One row per key, those of the past among them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_keys(self, purpose: KeyPurpose | None = None) -> list[KeyRecord]:
        """All keys, or those for one purpose, the oldest first."""
        query = Keys.select().order_by(Keys.created_at, Keys.kid)
        if purpose is not None:
            query = query.where(Keys.purpose == purpose.value)
        return [_record(row) for row in await self._database.run(query)]

    async def list_in_use(self) -> list[KeyRecord]:
        """Those that are still good for something, the oldest first."""
        over = [KeyState.RETIRED.value, KeyState.REVOKED.value]
        query = Keys.select().where(Keys.state.not_in(over)).order_by(Keys.created_at, Keys.kid)
        return [_record(row) for row in await self._database.run(query)]

    async def hold(self) -> None:
        """Let nobody else who holds them change the keys before the end of the transaction."""
        await self._database.fetch("UPDATE keys SET state = state WHERE purpose = {} RETURNING kid", "master")

    async def add(self, record: KeyRecord) -> None:
        """Conflict `key.exists` when there is one of this id."""
        row = Keys(
            kid=record.kid,
            purpose=record.purpose.value,
            algorithm=record.algorithm,
            created_at=record.created_at,
            **_changing(record),
        )
        try:
            await self._database.keep(Keys.insert(row))
        except UniqueViolated as error:
            raise Conflict(f"there is a key {record.kid} already", code="key.exists") from error

    async def update(self, record: KeyRecord) -> None:
        """Keep its state, its moments and how it is sealed; NotFound when there is no such key."""
        query = Keys.update(**_changing(record)).where(Keys.kid == record.kid).returning(Keys.kid)
        if not await self._database.keep(query):
            raise NotFound(f"there is no key {record.kid}", code="key.not_found")


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column whose values are sealed under a sealing key; `key` is the column that names the row."""

    table: str
    column: str
    key: str
    condition: str = "TRUE"

    @property
    def sealed(self) -> str:
        """The condition on values that are there."""
        return f"{self.condition} AND length({self.column}) > 0"

    def others(self, head: bytes) -> str:
        """The condition on values that do not begin with `head`, the next argument."""
        return f"{self.sealed} AND substr({self.column}, 1, {len(head)}) <> {{}}"


SEALED_COLUMNS = (SealedColumn("keys", "sealed", "kid", "purpose = 'signing'"),)
"""Those under a sealing key. What stands under the master key is no business of this module."""


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One value and the row that it stands in."""

    row: str
    sealed: bytes = field(repr=False)


class SealedStore:
    """`head` is how the values under one key begin; the others are those that the methods look for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_others(
        self, column: SealedColumn, head: bytes, *, after: str, limit: int
    ) -> Sequence[SealedValue]:
        """Values under another key, by row, from the row behind `after` on."""
        sql = (
            f"SELECT {column.key} AS row_key, {column.column} AS sealed FROM {column.table} "  # noqa: S608 (constants)
            f"WHERE {column.key} > {{}} AND {column.others(head)} ORDER BY {column.key} LIMIT {limit:d}"
        )
        rows = await self._database.fetch(sql, after, head)
        return [SealedValue(row["row_key"], row["sealed"]) for row in rows]

    async def count_others(self, head: bytes) -> int:
        """How many values of all columns are under another key."""
        count = 0
        for column in SEALED_COLUMNS:
            sql = f"SELECT count(*) AS others FROM {column.table} WHERE {column.others(head)}"  # noqa: S608 (constants)
            row = await self._database.fetch_one(sql, head)
            count += int(row["others"]) if row is not None else 0
        return count

    async def count(self) -> int:
        """How many values of all columns are sealed."""
        count = 0
        for column in SEALED_COLUMNS:
            sql = f"SELECT count(*) AS sealed FROM {column.table} WHERE {column.sealed}"  # noqa: S608 (constants)
            row = await self._database.fetch_one(sql)
            count += int(row["sealed"]) if row is not None else 0
        return count

    async def replace(self, column: SealedColumn, value: SealedValue, sealed: bytes) -> bool:
        """Put another sealing in its place; False where the value has changed meanwhile."""
        sql = (
            f"UPDATE {column.table} SET {column.column} = {{}} "  # noqa: S608 (constants)
            f"WHERE {column.key} = {{}} AND {column.column} = {{}} RETURNING {column.key}"
        )
        return bool(await self._database.fetch(sql, sealed, value.row, value.sealed))


def _changing(record: KeyRecord) -> dict[str, Any]:
    return {
        "state": record.state.value,
        "activated_at": record.activated_at,
        "retires_at": record.retires_at,
        "sealed": record.sealed,
        "sealed_previous": record.sealed_previous,
    }


def _record(row: Row) -> KeyRecord:
    return KeyRecord(
        kid=row["kid"],
        purpose=KeyPurpose(row["purpose"]),
        algorithm=row["algorithm"],
        state=KeyState(row["state"]),
        created_at=row["created_at"],
        activated_at=row["activated_at"],
        retires_at=row["retires_at"],
        sealed=row["sealed"],
        sealed_previous=row["sealed_previous"],
    )
