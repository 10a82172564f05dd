"""One server on one PostgreSQL database: an advisory lock, held for the life of the server.

Taken by the supervisor before anything is served. On SQLite the lock file of the data directory does this.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any

import asyncpg

from synctv_server.domain.errors import Conflict, Unavailable
from synctv_server.store.address import DatabaseAddress
from synctv_server.store.engines import faults
from synctv_server.store.engines.postgres import CONNECT_SECONDS
from synctv_server.store.unbroken import unbroken

# Any fixed number will do, as long as it is not the one of the migrations (upkeep/migrate/postgres.py).
_LOCK = 0x19D2_6F27_8C1B_4A53
_WATCH_SECONDS = 5.0
# So that the lock of a host that has vanished is free within a minute.
_KEEPALIVE = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
_NAME_PREFIX = "synctv server on "
_HOLDER = """
    SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = $1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_log = logging.getLogger(__name__)


class ServerLock:
    """Who holds it is the one server of the database; the name of its connection says on which host."""

    def __init__(
        self, url: str, password: str | None = None, *, watch_seconds: float = _WATCH_SECONDS
    ) -> None:
        self._address = DatabaseAddress.parse(url, password)
        self._watch_seconds = watch_seconds
        self._connection: Any = None

    async def take(self) -> None:
        """Hold the lock from now on; Conflict, naming the host of the other server, where one runs."""
        try:
            with faults.translated("postgres"):
                self._connection = await self._connect()
                if await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                    return
                holder = await self._connection.fetchval(_HOLDER, _LOCK)
        except BaseException:
            await unbroken(self.release())
            raise
        await self.release()
        host = str(holder or "another host").removeprefix(_NAME_PREFIX)
        raise Conflict(
            f"a server runs on this database already, on {host}",
            code="conflict.server_running",
            hint="stop that one first; several servers on one database need redis.url",
        )

    async def watch(self) -> None:
        """Runs until cancelled: takes the lock again after its connection was lost.

        Raises Conflict when another server has taken it meanwhile: this one then has to stop.
        """
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                if self._connection is None:
                    await self.take()
                await self._connection.fetchval("SELECT 1")
            except Unavailable:
                _log.warning("the lock of this server is lost while PostgreSQL is away")
            except faults.POSTGRES_ERRORS:
                await self.release()

    async def release(self) -> None:
        """Let it go; without effect where it is not held."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*faults.POSTGRES_ERRORS):
                await connection.close(timeout=CONNECT_SECONDS)

    async def _connect(self) -> Any:
        return await asyncpg.connect(
            self._address.dsn,
            password=self._address.password,
            timeout=CONNECT_SECONDS,
            command_timeout=CONNECT_SECONDS,
            server_settings={"application_name": f"{_NAME_PREFIX}{socket.gethostname()}"[:63], **_KEEPALIVE},
        )
