"""What both of our Piccolo engines share: statements, transactions bound to their task, errors made ours.

Piccolo's own engines lose pool connections when a task is cancelled, and open a connection for each query on
SQLite (docs/decisions/0003). The engines of `engines/` fill in how a connection is taken and given back.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from time import perf_counter
from typing import Any, ClassVar, NoReturn, Protocol

from piccolo.engine.base import Engine
from piccolo.querystring import QueryString

from synctv_server.store.address import Kind
from synctv_server.store.engines import faults
from synctv_server.store.observer import PoolUse, StoreObserver
from synctv_server.store.trail import AuditTrail
from synctv_server.store.transaction import Transaction, Work

_WAITERS_MOST = 1_000


class Row(Protocol):
    """One row as the drivers give it (`sqlite3.Row`, `asyncpg.Record`): columns by name."""

    def __getitem__(self, column: str, /) -> Any: ...

    def keys(self) -> Iterable[str]: ...


class StoreEngine(Engine[Transaction]):
    """One open database. Raises the kinds of `domain/errors.py`, with the driver's error as the cause."""

    kind: ClassVar[Kind]

    def __init__(self, observer: StoreObserver) -> None:
        # Not the constructor of Piccolo's Engine: that connects to the server in a thread to ask its version.
        self.engine_type = self.kind
        self.min_version_number = 0
        self.log_queries = self.log_responses = False
        self.query_id = 0
        self.observer = observer
        self.trail = AuditTrail()
        self.current_transaction: ContextVar[Transaction | None] = ContextVar("transaction", default=None)
        self._waiting = 0

    @abstractmethod
    async def open(self) -> None:
        """Connect; Unavailable where the database cannot be reached."""

    @abstractmethod
    async def close(self) -> None:
        """Give every connection back, within seconds."""

    @abstractmethod
    def pool_use(self) -> PoolUse:
        """The present use of the connections."""

    @abstractmethod
    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]: ...

    @abstractmethod
    async def _fetch_on(self, connection: Any, sql: str, arguments: Sequence[Any]) -> Sequence[Row]: ...

    @abstractmethod
    async def _begin(self, *, durable: bool) -> Any: ...

    @abstractmethod
    async def _end(self, connection: Any, *, is_kept: bool) -> None: ...

    async def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        """The rows of one statement in the dialect of this database.

        Inside a transaction of this task it is part of it; else it stands alone.
        """
        began = perf_counter()
        inside = self.live_transaction()
        try:
            with faults.translated(self.kind, self.observer.query_failed):
                if inside is not None:
                    return await self._fetch_on(inside.connection, sql, arguments)
                return await self._fetch(sql, arguments)
        finally:
            self.observer.queried(perf_counter() - began)

    async def execute(self, connection: Any, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        """One statement on a connection that the caller holds, with `{}` for each argument."""
        with faults.translated(self.kind, self.observer.query_failed):
            return await self._fetch_on(connection, in_dialect(sql, self.kind), arguments)

    async def begin(self, *, durable: bool) -> Any:
        """A connection of its own with an open transaction; `durable` survives a loss of power once kept."""
        with faults.translated(self.kind, self.observer.query_failed):
            return await self._begin(durable=durable)

    async def end(self, connection: Any, *, is_kept: bool) -> None:
        """Commit or undo, and give the connection back in any case. Must not be cancelled."""
        if not is_kept:
            self.observer.rolled_back()
        with faults.translated(self.kind, self.observer.query_failed):
            await self._end(connection, is_kept=is_kept)

    async def carry_out(self, works: Sequence[Work]) -> list[Exception | None]:
        """Each in a transaction of its own, in this order; what each has failed with, None for one that is kept.

        Raises, and keeps none of them, when the database cannot be written to. Must not be cancelled.
        """
        return [await self._carry_out_one(work) for work in works]

    async def _carry_out_one(self, work: Work) -> Exception | None:
        try:
            async with self.transaction() as transaction:
                await work(transaction)
        except Exception as error:
            return error
        return None

    def live_transaction(self) -> Transaction | None:
        """The open transaction that the caller is part of."""
        inside = self.current_transaction.get()
        return inside if inside is not None and inside.is_open_here() else None

    @contextmanager
    def _waited(self) -> Iterator[None]:
        """Counts and times a caller that waits for a connection; Unavailable where too many do."""
        if self._waiting >= _WAITERS_MOST:
            raise faults.away(f"the database is busy: {_WAITERS_MOST} callers wait for it")
        began = perf_counter()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self.observer.waited(perf_counter() - began)

    # What Piccolo's queries call.

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Sequence[Row]:  # noqa: ARG002, FBT001, FBT002  (Piccolo's signature)
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Sequence[Row]:  # noqa: ARG002, FBT001, FBT002  (Piccolo's signature)
        return await self.fetch(ddl)

    def transform_response_to_dicts(self, results: Iterable[Row]) -> list[dict[str, Any]]:
        return [dict(row) for row in results]

    def transaction(self, *, durable: bool = False) -> Transaction:
        return Transaction(self, durable=durable)

    def atomic(self) -> NoReturn:
        raise TypeError("open a transaction() instead")

    async def batch(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("read in pages instead: a batch would hold a connection while its caller waits")

    async def prep_database(self) -> None:
        """Nothing: migrations prepare it."""

    async def get_version(self) -> float:
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        return self.min_version_number


@lru_cache(maxsize=512)
def in_dialect(sql: str, kind: Kind) -> str:
    """`sql` with its `{}` as the placeholders of the database: `?`, or `$1`, `$2`..."""
    first, *rest = sql.split("{}")
    if kind == "sqlite":
        return "?".join((first, *rest))
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))
