"""Migrations on a SQLite file: one connection, a lock file beside it that dies with its process."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import aiosqlite

from synctv_server.domain.errors import BrokenState, Unavailable
from synctv_server.store.engine import Row
from synctv_server.store.engines import faults, sqlite_file
from synctv_server.upkeep.migrate import files
from synctv_server.upkeep.migrate.session import MigrationSession

_BUSY_SECONDS = 10.0
_PRIVATE = 0o600


class SQLiteSession(MigrationSession):
    """Makes the file, for its owner alone, where there is none."""

    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: aiosqlite.Connection
        self._lock: int | None = None

    async def open(self) -> None:
        sqlite_file.make(self._path)
        with faults.translated(self.kind):
            self._connection = await aiosqlite.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None
            )
            self._connection.row_factory = sqlite3.Row
            # A table is rebuilt to change it; what refers to it must not be deleted meanwhile.
            # https://www.sqlite.org/lang_altertable.html, section 7. Checked before each commit.
            await self._execute("PRAGMA foreign_keys = OFF", ())

    async def close(self) -> None:
        await self._connection.close()

    async def has_ledger(self) -> bool:
        found = await self.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'")
        return bool(found)

    async def backup(self, to: Path) -> bool:
        """A copy by VACUUM INTO, opened and checked; BrokenState when it is not whole."""
        _make_empty(to)
        try:
            await self.execute("VACUUM INTO {}", str(to))
            await _check_copy(to)
        except BaseException:
            _discard(to)
            raise
        return True

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[MigrationSession]:
        """A file of its own in the folder for temporary ones."""
        with TemporaryDirectory(prefix="synctv-scratch-") as folder:
            other = SQLiteSession(Path(folder) / "scratch.db")
            await other.open()
            try:
                yield other
            finally:
                await other.close()

    async def pages(self, sql: str, size: int) -> AsyncIterator[Sequence[Row]]:
        with faults.translated(self.kind):
            cursor = await self._connection.execute(sql)  # ends with the connection: readers may stop early
            while page := await cursor.fetchmany(size):
                yield cast("Sequence[Row]", page)

    async def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        places = ", ".join("?" * len(columns))
        with faults.translated(self.kind):
            await self._connection.executemany(
                f'INSERT INTO "{table}" ({names}) VALUES ({places})',  # noqa: S608  (names of the catalogue)
                rows,
            )

    async def _execute(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return cast("Sequence[Row]", await self._connection.execute_fetchall(sql, arguments))

    async def _run_file(self, sql: str) -> None:
        # Not executescript, which commits first.
        for statement in files.statements(sql):
            await self._execute(statement, ())

    async def _begin(self) -> None:
        await self._execute("BEGIN IMMEDIATE", ())

    async def _begin_snapshot(self) -> None:
        await self._execute("BEGIN", ())
        await self._execute("SELECT 1 FROM sqlite_master", ())  # the snapshot is of the first read

    async def _before_commit(self) -> None:
        if broken := await self._execute("PRAGMA foreign_key_check", ()):
            raise BrokenState(f"the migration would leave rows of {broken[0]['table']} that refer to nothing")

    async def _roll_back(self) -> None:
        with suppress(sqlite3.OperationalError):  # SQLite has done it by itself (disk full)
            await self._execute("ROLLBACK", ())

    async def _try_lock(self) -> bool:
        path = self._path.with_name(f"{self._path.name}.migrate.lock")
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, _PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    async def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _make_empty(path: Path) -> None:
    """An empty file, which VACUUM INTO takes over."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sqlite_file.make_new(path)
    except OSError as error:
        raise Unavailable(f"no copy of the database can be made at {path}: {error.strerror}") from error


def _discard(path: Path) -> None:
    path.unlink()


async def _check_copy(path: Path) -> None:
    async with aiosqlite.connect(path) as copy:
        rows = list(await copy.execute_fetchall("PRAGMA integrity_check"))
    if rows != [("ok",)]:
        raise BrokenState(f"the copy of the database is not whole: {rows[0][0]}; nothing has been migrated")
