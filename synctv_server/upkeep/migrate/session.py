"""One connection of its own: what the two databases do each in their way. Used by migrations and backups."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from synctv_server import __version__
from synctv_server.domain.errors import Conflict
from synctv_server.domain.times import Millis
from synctv_server.store.address import Kind
from synctv_server.store.engine import Row, in_dialect
from synctv_server.store.engines import faults
from synctv_server.store.unbroken import unbroken
from synctv_server.upkeep.migrate import files, ledger

_LOCK_POLL_SECONDS = 0.1


class MigrationSession(ABC):
    """An open connection. Raises the kinds of `domain/errors.py` for what the database refuses."""

    kind: ClassVar[Kind]

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def has_ledger(self) -> bool: ...

    @abstractmethod
    async def backup(self, to: Path) -> bool:
        """Copy the database to a new file and check the copy; False where this database has no such way."""

    @abstractmethod
    def scratch(self) -> AbstractAsyncContextManager[MigrationSession]:
        """An empty place of the same kind of database, gone when the block ends."""

    @abstractmethod
    def pages(self, sql: str, size: int) -> AsyncIterator[Sequence[Row]]:
        """The rows of a query, at most `size` at a time; inside a transaction."""

    @abstractmethod
    async def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add these rows to a table, inside a transaction."""

    @abstractmethod
    async def _execute(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]: ...

    @abstractmethod
    async def _run_file(self, sql: str) -> None:
        """All statements of a file, inside the open transaction."""

    @abstractmethod
    async def _begin(self) -> None: ...

    @abstractmethod
    async def _begin_snapshot(self) -> None: ...

    @abstractmethod
    async def _before_commit(self) -> None: ...

    @abstractmethod
    async def _try_lock(self) -> bool: ...

    @abstractmethod
    async def _unlock(self) -> None: ...

    async def execute(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """One statement; `{}` stands for the next argument."""
        with faults.translated(self.kind):
            return await self._execute(in_dialect(sql, self.kind), arguments)

    async def applied(self) -> tuple[ledger.AppliedMigration, ...]:
        """The ledger, in order; empty where there is none yet."""
        if not await self.has_ledger():
            return ()
        return tuple(
            ledger.AppliedMigration(
                version=row["version"],
                name=row["name"],
                checksum=row["checksum"],
                down_sql=row["down_sql"],
                state=ledger.StepState(row["state"]),
                applied_at=row["applied_at"],
                app_version=row["app_version"],
            )
            for row in await self.execute(ledger.READ)
        )

    async def enter(
        self, migration: files.Migration, state: ledger.StepState, applied_at: Millis, took_ms: int = 0
    ) -> None:
        """Write the line of one migration into the ledger, in place of one that is there."""
        await self.execute(
            ledger.WRITE,
            migration.version,
            migration.name,
            migration.checksum,
            migration.down_sql,
            state.value,
            applied_at,
            took_ms,
            __version__,
        )

    async def run(self, sql: str) -> None:
        """The statements of a file that needs no transaction, one after the other, each kept at once."""
        for statement in files.statements(sql):
            with faults.translated(self.kind):
                await self._execute(statement, ())

    async def run_inside(self, sql: str) -> None:
        """The statements of a file inside the transaction of `kept_together`."""
        with faults.translated(self.kind):
            await self._run_file(sql)

    @asynccontextmanager
    async def kept_together(self) -> AsyncIterator[None]:
        """A transaction around the block."""
        with faults.translated(self.kind):
            await self._begin()
        try:
            yield
            with faults.translated(self.kind):
                await self._before_commit()
                await self._execute("COMMIT", ())
        except BaseException:
            await unbroken(self._roll_back())
            raise

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """What is read in the block is of one moment, whatever others write meanwhile."""
        with faults.translated(self.kind):
            await self._begin_snapshot()
        try:
            yield
        finally:
            await unbroken(self._roll_back())

    @asynccontextmanager
    async def locked(self, *, wait_seconds: float) -> AsyncIterator[None]:
        """Alone among all migration runners; Conflict when another one holds it for too long."""
        deadline = asyncio.get_running_loop().time() + wait_seconds
        with faults.translated(self.kind):
            while not await self._try_lock():
                if asyncio.get_running_loop().time() >= deadline:
                    raise Conflict(
                        "another migration is running on this database; wait for it to end",
                        code="conflict.migrating",
                    )
                await asyncio.sleep(_LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            await self._unlock()

    async def _roll_back(self) -> None:
        with faults.translated(self.kind):
            await self._execute("ROLLBACK", ())
