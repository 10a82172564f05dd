"""Our Piccolo engine for SQLite: one writer behind a lock, a few readers, WAL. Built by `open_database`.

SQLite has one writer at a time; a queue in the program is fair, where SQLite's own waiting is a lottery
(measured: 1,740 transactions a second and none lost, against "database is locked" for 187 of 192).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import aiosqlite

from synctv_server.domain.errors import Unavailable
from synctv_server.store.engine import Row, StoreEngine
from synctv_server.store.engines import faults, sqlite_file, sqlite_work
from synctv_server.store.observer import PoolUse, StoreObserver
from synctv_server.store.transaction import Transaction, Work
from synctv_server.store.unbroken import unbroken

_OLDEST = (3, 35, 0)  # RETURNING
_READERS = 2
_BUSY_SECONDS = 5.0
_WRITER_WAIT_SECONDS = 10.0
_STATEMENTS_CACHED = 256
_ON_OPEN = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON")
_BEGIN = "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"
_BEGIN_DURABLE = "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"


class SQLiteEngine(StoreEngine):
    """One file. A SELECT outside of a transaction goes to a reader, all else to the writer, in turn."""

    kind = "sqlite"

    def __init__(self, path: Path, observer: StoreObserver, *, busy_seconds: float = _BUSY_SECONDS) -> None:
        super().__init__(observer)
        self._path = path
        self._busy_seconds = busy_seconds
        self._writer: aiosqlite.Connection | None = None
        self._readers: list[_Reader] = []
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")
        sqlite_file.require(self._path)
        with faults.translated(self.kind):
            try:
                self._writer = await self._connect(_ON_OPEN)
                for _ in range(_READERS):
                    reader = await self._connect(("PRAGMA query_only = ON",))
                    self._readers.append(_Reader(reader))
            except BaseException:
                await unbroken(self.close())
                raise

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        readers, self._readers = self._readers, []
        for reader in readers:
            await reader.connection.close()
        if writer is not None:
            await writer.close()

    def pool_use(self) -> PoolUse:
        active = sum(reader.queries > 0 for reader in self._readers) + self._turn.locked()
        size = len(self._readers) + 1
        return PoolUse(size_max=size, idle=size - active, active=active, waiting=self._waiting)

    async def _connect(self, pragmas: Sequence[str]) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(
            self._path,
            timeout=self._busy_seconds,
            isolation_level=None,
            cached_statements=_STATEMENTS_CACHED,
        )
        try:
            connection.row_factory = sqlite3.Row
            for pragma in pragmas:
                await connection.execute_fetchall(pragma)
        except BaseException:
            await unbroken(connection.close())
            raise
        return connection

    async def carry_out(self, works: Sequence[Work]) -> list[Exception | None]:
        writer: Any = await self._take_writer()
        try:
            with faults.translated(self.kind, self.observer.query_failed):
                # The one way of aiosqlite to run calls of ours in its thread.
                done = await writer._execute(sqlite_work.carry_out, self, writer._conn, _BEGIN, works)  # noqa: SLF001
        finally:
            self._turn.release()
        return [one if isinstance(one, Exception) else await _told(one) for one in done]

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        if sql.lstrip().startswith("SELECT"):
            return await self._read(sql, arguments)
        writer = await self._take_writer()
        try:
            return await _rows(writer, sql, arguments)
        finally:
            self._turn.release()

    async def _read(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        if not self._readers:
            raise _closed()
        reader = min(self._readers, key=lambda one: one.queries)
        reader.queries += 1
        try:
            return await _rows(reader.connection, sql, arguments)
        finally:
            reader.queries -= 1

    async def _fetch_on(self, connection: _Lease, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return await connection.fetch(sql, arguments)

    async def _begin(self, *, durable: bool) -> _Lease:
        return _Lease(await self._take_writer(), _BEGIN_DURABLE if durable else _BEGIN)

    async def _end(self, connection: _Lease, *, is_kept: bool) -> None:
        try:
            await connection.end(is_kept=is_kept)
        finally:
            self._turn.release()

    async def _take_writer(self) -> aiosqlite.Connection:
        with self._waited():
            try:
                async with asyncio.timeout(_WRITER_WAIT_SECONDS):
                    await self._turn.acquire()
            except TimeoutError as error:
                raise faults.away("the database is busy: too many writes wait for their turn") from error
        if self._writer is None:
            self._turn.release()
            raise _closed()
        return self._writer


class _Lease:
    """The writer for the time of one transaction, which begins with its first statement.

    Both go to the thread in one hop: a hop costs more than most statements do.
    """

    __slots__ = ("_begin", "_has_begun", "_is_idle", "_writer")

    def __init__(self, writer: aiosqlite.Connection, begin: str) -> None:
        self._writer = writer
        self._begin = begin
        self._is_idle = True
        self._has_begun = False

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        if self._has_begun:
            return await _rows(self._writer, sql, arguments)
        self._is_idle = False
        # The one way of aiosqlite to run two calls in a hop; its own methods are made of it.
        writer: Any = self._writer
        rows = await writer._execute(_begin_and_fetch, writer._conn, self._begin, sql, arguments)  # noqa: SLF001
        self._has_begun = True
        return cast("Sequence[Row]", rows)

    async def end(self, *, is_kept: bool) -> None:
        """Cancelled in its first statement it may have begun all the same, in the thread."""
        if self._is_idle:
            return
        if is_kept and self._has_begun:
            await _commit(self._writer)
        else:
            await _undo(self._writer)


class _Reader:
    """A connection that only reads, with the number of queries that it has been given."""

    __slots__ = ("connection", "queries")

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection
        self.queries = 0


async def _told(transaction: Transaction) -> Exception | None:
    try:
        await transaction.run_hooks()
    except Exception as error:
        return error
    return None


def _closed() -> Unavailable:
    return faults.away("the database is closed")


async def _rows(connection: aiosqlite.Connection, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
    return cast("Sequence[Row]", await connection.execute_fetchall(sql, arguments))


def _begin_and_fetch(
    connection: sqlite3.Connection, begin: str, sql: str, arguments: Sequence[Any]
) -> list[Row]:
    if not connection.in_transaction:  # it is, where the statement before was refused
        connection.executescript(begin)
    return connection.execute(sql, arguments).fetchall()


async def _commit(connection: aiosqlite.Connection) -> None:
    try:
        await connection.execute_fetchall("COMMIT")
    except sqlite3.Error:
        await _undo(connection)
        raise


async def _undo(connection: aiosqlite.Connection) -> None:
    """Roll back what is open, after what a cancelled task has left running in the thread."""
    await connection.execute_fetchall("SELECT 1")
    if connection.in_transaction:
        with suppress(sqlite3.OperationalError):  # undone by SQLite itself in between (disk full)
            await connection.execute_fetchall("ROLLBACK")
