"""The open database: what stores run their statements on and services open their transactions on.

Built once by `app` (and by tests), closed last.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from piccolo.query.base import Query

from synctv_server.store.address import DatabaseAddress, Kind
from synctv_server.store.engine import Row, StoreEngine, in_dialect
from synctv_server.store.engines.postgres import PostgresEngine
from synctv_server.store.engines.sqlite import SQLiteEngine
from synctv_server.store.observer import PoolUse, StoreObserver
from synctv_server.store.trail import AuditTrail
from synctv_server.store.transaction import Transaction, Work

Response = TypeVar("Response")


class Database:
    """One SQLite file or PostgreSQL database. All methods raise Unavailable while it cannot be asked."""

    def __init__(self, engine: StoreEngine) -> None:
        self._engine = engine

    @property
    def kind(self) -> Kind:
        return self._engine.kind

    def transaction(self, *, durable: bool = False) -> Transaction:
        """`async with`: what the stores do inside is kept together or not at all.

        `durable` is for accounts and keys: kept through a loss of power. Without it SQLite may lose the last
        commits then, never damage the file; PostgreSQL does as its server is set to.
        """
        return self._engine.transaction(durable=durable)

    async def carry_out(self, works: Sequence[Work]) -> list[Exception | None]:
        """Each piece of work in a transaction, in this order; what each has failed with, None where it is kept.

        On SQLite all of them take one hop to its thread and one commit. Unavailable, and none of them kept, when
        the database cannot be written to. Must not be cancelled.
        """
        return await self._engine.carry_out(works)

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """The rows of one statement, for the hot paths: `{}` in `sql` stands for the next argument."""
        return await self._engine.fetch(in_dialect(sql, self._engine.kind), arguments)

    async def fetch_one(self, sql: str, *arguments: Any) -> Row | None:
        """The first row of `fetch`, or None."""
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def run(self, query: Query[Any, Response]) -> Response:
        """What one Piccolo query gives, on this database, whichever others the process has open."""
        # A table knows one engine, and Piccolo looks it up before its first await: safe to set it here.
        query.table._meta.db = self._engine  # noqa: SLF001  (Piccolo's own name for a table's engine)
        return await query.run()

    async def keep(self, query: Query[Any, Response]) -> Response:
        """As `run`, and durable as in `durably`."""
        async with self.durably():
            return await self.run(query)

    @asynccontextmanager
    async def durably(self) -> AsyncIterator[None]:
        """Around one statement: kept through a loss of power when it stands alone.

        Inside a transaction of the caller it is as durable as that one.
        """
        if self.kind == "postgres" or self._engine.live_transaction() is not None:
            yield
            return
        async with self.transaction(durable=True):
            yield

    async def ping(self) -> None:
        """Ask the database for nothing, to see that it answers."""
        await self._engine.fetch("SELECT 1")

    @property
    def trail(self) -> AuditTrail:
        """What is known of the end of the audit log beside the database itself."""
        return self._engine.trail

    def pool_use(self) -> PoolUse:
        """How many connections there are and what they do, for the metrics."""
        return self._engine.pool_use()


@asynccontextmanager
async def open_database(
    url: str,
    *,
    password: str | None = None,
    pool_size: int = 10,
    observer: StoreObserver | None = None,
    trail: AuditTrail | None = None,
) -> AsyncIterator[Database]:
    """The database at `database.url`, open until the block ends; `pool_size` counts on PostgreSQL.

    `trail` remembers the end of the audit log outside of the database; without it only this process does.

    Neither creates nor migrates anything: `upkeep.migrate` does that before. Raises ConfigurationInvalid on a
    URL that is none, Unavailable when the database does not answer.
    """
    address = DatabaseAddress.parse(url, password)
    heard_by = observer or StoreObserver()
    engine: StoreEngine
    if address.kind == "sqlite":
        engine = SQLiteEngine(address.path, heard_by)
    else:
        engine = PostgresEngine(address.dsn, address.password, pool_size, heard_by)
    if trail is not None:
        engine.trail = trail
    await engine.open()
    try:
        yield Database(engine)
    finally:
        await engine.close()
