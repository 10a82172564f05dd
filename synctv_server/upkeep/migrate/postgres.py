"""Migrations on PostgreSQL: one connection, an advisory lock that dies with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg

from synctv_server.domain.errors import Forbidden
from synctv_server.store.address import DatabaseAddress
from synctv_server.store.engine import Row
from synctv_server.store.engines import faults
from synctv_server.store.engines.postgres import CONNECT_SECONDS, application_name
from synctv_server.store.unbroken import unbroken
from synctv_server.upkeep.migrate import files
from synctv_server.upkeep.migrate.session import MigrationSession

# Any fixed number will do, as long as it is not the one of the running server (store/server_lock.py).
_LOCK = 0x5D21_90C4_3E77_B08F
# A statement that waits longer for a table gives up, rather than hold up all that come after it.
_LOCK_TIMEOUT = "10s"
_SCRATCH = "synctv_scratch"


class PostgresSession(MigrationSession):
    """There is no copy of the database here: a backup is made of it (`MigrationTarget.save`)."""

    kind = "postgres"

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self._connection: Any = None

    async def open(self) -> None:
        with faults.translated(self.kind):
            self._connection = await asyncpg.connect(
                self._address.dsn,
                password=self._address.password,
                timeout=CONNECT_SECONDS,
                server_settings={"application_name": application_name(), "lock_timeout": _LOCK_TIMEOUT},
            )

    async def close(self) -> None:
        await self._connection.close(timeout=CONNECT_SECONDS)

    async def has_ledger(self) -> bool:
        found = await self.execute("SELECT to_regclass('schema_migrations') IS NOT NULL AS found")
        return bool(found[0]["found"])

    async def backup(self, to: Path) -> bool:  # noqa: ARG002  (there is none to make)
        return False

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[MigrationSession]:
        """A schema of its own inside a transaction that is rolled back. Forbidden where none may be made."""
        with faults.translated(self.kind):
            await self._begin()
        try:
            await self._make_scratch()
            yield self
        finally:
            await unbroken(self._roll_back())

    async def _make_scratch(self) -> None:
        try:
            await self.execute(f"CREATE SCHEMA {_SCRATCH}")
        except asyncpg.InsufficientPrivilegeError as error:
            raise Forbidden(
                f"the user of the database may not make a schema to compare with: {error}",
                hint="GRANT CREATE ON DATABASE … TO that user, who then makes it for a moment only",
            ) from error
        await self.execute(f"SET LOCAL search_path TO {_SCRATCH}")

    async def pages(self, sql: str, size: int) -> AsyncIterator[Sequence[Row]]:
        with faults.translated(self.kind):
            page = []
            # Iterated to its end it closes the portal; one that is left open keeps the table from being altered.
            async for row in self._connection.cursor(sql, prefetch=size):
                page.append(row)
                if len(page) == size:
                    yield page
                    page = []
            if page:
                yield page

    async def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        with faults.translated(self.kind):
            await self._connection.copy_records_to_table(table, columns=columns, records=rows)

    async def _execute(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return cast("Sequence[Row]", await self._connection.fetch(sql, *arguments))

    async def _run_file(self, sql: str) -> None:
        if next(files.statements(sql), None) is not None:  # asyncpg breaks on a text of comments alone
            await self._connection.execute(sql)

    async def _begin(self) -> None:
        await self._connection.execute("BEGIN")

    async def _begin_snapshot(self) -> None:
        await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    async def _before_commit(self) -> None:
        """Nothing: the server has checked every reference."""

    async def _try_lock(self) -> bool:
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))

    async def _unlock(self) -> None:
        if not self._connection.is_closed():
            await self._connection.fetchval("SELECT pg_advisory_unlock($1)", _LOCK)
