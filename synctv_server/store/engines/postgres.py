"""Our Piccolo engine for PostgreSQL: asyncpg's pool, with deadlines, and nothing lost to a cancelled task.

Built by `open_database`. After a restart of the server it works again within milliseconds; meanwhile every
caller gets Unavailable.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import asyncpg

from synctv_server.store.engine import Row, StoreEngine
from synctv_server.store.engines import faults
from synctv_server.store.observer import PoolUse, StoreObserver
from synctv_server.store.unbroken import unbroken

CONNECT_SECONDS = 3.0
_COMMAND_SECONDS = 10.0
_ACQUIRE_SECONDS = 2.0
_CLOSE_SECONDS = 5.0
_OPEN_SECONDS = 5.0
_OPEN_PAUSE_SECONDS = 0.1
_STARTING = (ConnectionError, asyncpg.CannotConnectNowError, TimeoutError)

_log = logging.getLogger(__name__)


class PostgresEngine(StoreEngine):
    """A pool of at most `pool_size` connections, opened as they are needed."""

    kind = "postgres"

    def __init__(self, dsn: str, password: str | None, pool_size: int, observer: StoreObserver) -> None:
        super().__init__(observer)
        self._dsn = dsn
        self._password = password
        self._pool_size = pool_size
        self._pool: Any = None

    async def open(self) -> None:
        """Connect, waiting a while for a server that is starting up; Unavailable when it does not come."""
        with faults.translated(self.kind):
            # No smallest size: the pool would restore it by itself, with a traceback for each attempt.
            self._pool = await asyncpg.create_pool(
                self._dsn,
                password=self._password,
                min_size=0,
                max_size=self._pool_size,
                timeout=CONNECT_SECONDS,
                command_timeout=_COMMAND_SECONDS,
                reset=_nothing_to_reset,
                server_settings={"application_name": application_name()},
            )
            try:
                await self._wait_for_server()
            except BaseException:
                self._pool.terminate()
                raise

    async def close(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except faults.POSTGRES_ERRORS:
            self._pool.terminate()
        self._pool = None

    def pool_use(self) -> PoolUse:
        size, idle = (self._pool.get_size(), self._pool.get_idle_size()) if self._pool else (0, 0)
        return PoolUse(size_max=self._pool_size, idle=idle, active=size - idle, waiting=self._waiting)

    async def _wait_for_server(self) -> None:
        deadline = asyncio.get_running_loop().time() + _OPEN_SECONDS
        pause = _OPEN_PAUSE_SECONDS
        while True:
            try:
                await self._release(await self._pool.acquire())
            except _STARTING as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                _log.warning("PostgreSQL does not answer yet: %s", error)
                await asyncio.sleep(pause)
                pause *= 2
            else:
                return

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        connection = await self._acquire()
        try:
            return await self._fetch_on(connection, sql, arguments)
        finally:
            await self._release(connection)

    async def _fetch_on(self, connection: Any, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return cast("Sequence[Row]", await connection.fetch(sql, *arguments))

    async def _begin(self, *, durable: bool) -> Any:  # noqa: ARG002  (a commit is as durable as the server is set to)
        connection = await self._acquire()
        try:
            await unbroken(connection.execute("BEGIN"))
        except BaseException:
            await unbroken(self._undo(connection))
            raise
        return connection

    async def _end(self, connection: Any, *, is_kept: bool) -> None:
        if not is_kept:
            await self._undo(connection)
            return
        try:
            # A transaction in which a statement has failed is undone by COMMIT, and the server says so.
            if await connection.execute("COMMIT") != "COMMIT":
                raise RuntimeError("an error was caught inside the transaction: catch it around a nested one")
        finally:
            await self._undo(connection)

    async def _undo(self, connection: Any) -> None:
        """Roll back what is open, if the connection still stands, and give it back."""
        try:
            with suppress(*faults.POSTGRES_ERRORS):
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
        finally:
            await self._release(connection)

    async def _acquire(self) -> Any:
        if self._pool is None:
            raise faults.away("the database is closed")
        with self._waited():
            try:
                async with asyncio.timeout(_ACQUIRE_SECONDS):
                    return await self._pool.acquire()
            except TimeoutError as error:
                raise faults.away(
                    f"PostgreSQL is busy or away: no connection within {_ACQUIRE_SECONDS:.0f} s"
                ) from error

    async def _release(self, connection: Any) -> None:
        with suppress(*faults.POSTGRES_ERRORS):  # a broken connection is thrown away, and that is all
            await self._pool.release(connection, timeout=CONNECT_SECONDS)


def application_name() -> str:
    """How our connections are called in `pg_stat_activity`."""
    return f"synctv on {socket.gethostname()}"[:63]


async def _nothing_to_reset(connection: Any) -> None:
    """Sessions hold no state of ours: what is set is set for a transaction. Spares a round trip per query."""
