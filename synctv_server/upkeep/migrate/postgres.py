"""Migrations on PostgreSQL: one connection, an advisory lock that dies with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import asyncpg

from synctv_server.store.address import DatabaseAddress
from synctv_server.store.engine import Row
from synctv_server.store.engines import faults
from synctv_server.store.engines.postgres import CONNECT_SECONDS, application_name
from synctv_server.upkeep.migrate.session import MigrationSession

# Any fixed number will do, as long as it is not the one of the running server (store/server_lock.py).
_LOCK = 0x5D21_90C4_3E77_B08F
# A statement that waits longer for a table gives up, rather than hold up all that come after it.
_LOCK_TIMEOUT = "10s"


class PostgresSession(MigrationSession):
    """Backups are the operator's own here (pg_dump), or `synctv backup create`."""

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

    async def _execute(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return cast("Sequence[Row]", await self._connection.fetch(sql, *arguments))

    async def _run_file(self, sql: str) -> None:
        await self._connection.execute(sql)

    async def _begin(self) -> None:
        await self._connection.execute("BEGIN")

    async def _before_commit(self) -> None:
        """Nothing: the server has checked every reference."""

    async def _try_lock(self) -> bool:
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))

    async def _unlock(self) -> None:
        if not self._connection.is_closed():
            await self._connection.fetchval("SELECT pg_advisory_unlock($1)", _LOCK)
