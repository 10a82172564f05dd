"""The transaction: everything or nothing, and what is to be done once it is kept.

Opened by services through `database.transaction()`. It belongs to the task that opened it: the stores called
in that task take part, a task started inside does not. One inside another is a savepoint.

`Database.carry_out` opens one for each piece of work that it is given instead, and carries these out where the
database is (see `Work`).

Locks are taken in this order, here as everywhere: the room's turn, then the rows, then the head of the audit log.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from piccolo.engine.base import BaseTransaction

from synctv_server.domain.audit import Deed, Note, Party
from synctv_server.domain.sessions import Actor
from synctv_server.net.origin import origin
from synctv_server.store import chain
from synctv_server.store.unbroken import unbroken

if TYPE_CHECKING:
    from contextvars import Token

    from synctv_server.store.engine import StoreEngine

Hook = Callable[[], object]
"""Called after the commit; when it gives an awaitable, that is awaited."""

Work = Callable[["Transaction"], Coroutine[Any, Any, None]]
"""A transaction as a whole: a coroutine that awaits stores and nothing else.

On SQLite it runs in the thread of the database, from BEGIN to COMMIT, where no store suspends it. So it must not
touch what the loop changes: what it needs of that is read before and handed in.
"""


class Transaction(BaseTransaction):
    """`async with`: committed at the end, undone when the block raises or is cancelled.

    A commit that has begun is finished, and its hooks are run, even when the task is cancelled meanwhile.
    """

    __slots__ = (
        "_engine",
        "_hooks",
        "_notes",
        "_outer",
        "_savepoints",
        "_task",
        "_token",
        "connection",
        "durable",
    )

    def __init__(self, engine: StoreEngine, *, durable: bool) -> None:
        self._engine = engine
        self._outer: Transaction | None = None
        self._hooks: list[Hook] = []
        self._notes: list[Note] = []
        self._savepoints = 0
        self._token: Token[Transaction | None] | None = None
        self.connection: Any = None
        self.durable = durable
        self._task: asyncio.Task[Any] | None = None

    def after_commit(self, hook: Hook) -> None:
        """Have `hook` called after the commit, in the order of these calls; never when it is undone.

        Inside a savepoint it waits for the outermost commit. An error of a hook reaches the caller after the
        other hooks have run: the transaction is kept by then.
        """
        self._hooks.append(hook)

    def audit(self, who: Actor | Party, deed: Deed) -> None:
        """Have the deed written into the audit log by this transaction, which is kept with it or not at all.

        The transaction must be durable: an entry that a loss of power takes back would be a hole in the log. Leaving
        the block raises Unavailable `audit.cut`, and undoes everything, when the log cannot be added to.
        """
        if not self.durable:
            raise RuntimeError("an audited deed in a transaction that is not durable: make that one durable")
        party = who if isinstance(who, Party) else Party.of(who)
        self._notes.append(Note(party, deed, origin.get() if deed.address is None else deed.address))

    def take_notes(self, notes: Sequence[Note]) -> None:
        """Have these entries written too: those of a savepoint that is kept."""
        self._notes += notes

    def is_open_here(self) -> bool:
        """Whether who asks is part of it. Tasks inherit the variable that names it, and must not share one."""
        return self._task is None or self._task is asyncio.current_task()

    async def run_hooks(self) -> None:
        """It is kept: do what was to be done then."""
        async with AsyncExitStack() as stack:  # runs every one, whatever another raises
            for hook in reversed(self._hooks):
                stack.push_async_callback(_call, hook)

    async def __aenter__(self) -> Self:
        self._outer = self._engine.live_transaction()
        if self._outer is None:
            self._task = asyncio.current_task()
            self.connection = await self._engine.begin(durable=self.durable)
        else:
            await self._enter_savepoint(self._outer)
        self._token = self._engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if self._token is not None:
            self._engine.current_transaction.reset(self._token)
        end = self._end if self._outer is None else self._end_savepoint
        ending = end(is_kept=error_type is None)
        await (ending if self._task is None else unbroken(ending))
        return False

    async def _enter_savepoint(self, outer: Transaction) -> None:
        if self.durable and not outer.durable:
            raise RuntimeError("a durable transaction inside one that is not: make the outer one durable")
        self._task = outer._task
        self.connection = outer.connection
        self._savepoints = outer._savepoints + 1
        await self._engine.execute(self.connection, f"SAVEPOINT {self._savepoint}")

    async def _end_savepoint(self, *, is_kept: bool) -> None:
        if not is_kept:
            await self._engine.execute(self.connection, f"ROLLBACK TO SAVEPOINT {self._savepoint}")
        await self._engine.execute(self.connection, f"RELEASE SAVEPOINT {self._savepoint}")
        if is_kept and self._outer is not None:
            self._outer.take_notes(self._notes)
            for hook in self._hooks:
                self._outer.after_commit(hook)

    async def _end(self, *, is_kept: bool) -> None:
        if is_kept and self._notes:
            await self._end_audited()
        else:
            await self._engine.end(self.connection, is_kept=is_kept)
        if is_kept:
            await self.run_hooks()

    async def _end_audited(self) -> None:
        try:
            head = await chain.append(self._engine, self.connection, self._notes)
        except BaseException:
            await self._engine.end(self.connection, is_kept=False)
            raise
        await self._engine.end(self.connection, is_kept=True)
        self._engine.observer.audited(len(self._notes))
        await self._engine.trail.keep(head)

    @property
    def _savepoint(self) -> str:
        return f"synctv_{self._savepoints}"


async def _call(hook: Hook) -> None:
    result = hook()
    if inspect.isawaitable(result):
        await result
