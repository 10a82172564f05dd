"""One turn per room at a time: whoever changes a room holds its turn over read, rule, write, commit and publish.

So every front door shares one order. Turns are taken before rows, never the other way round, and never one inside
another. Delivery from the log waits for no turn, so nothing can wait in a circle. Used by every service that
changes a room.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from synctv_server.cluster.notices import Notice, Notices
from synctv_server.cluster.room_log import RoomLog
from synctv_server.domain.audit import Deed
from synctv_server.domain.errors import SyncTVError
from synctv_server.domain.events import Change, RoomEvent
from synctv_server.domain.ids import Ids, RoomId
from synctv_server.domain.room_log import RoomDeed, RoomRecord
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.times import Millis
from synctv_server.services.lines import Lines, too_busy
from synctv_server.store import Database, Transaction, Work
from synctv_server.store.room_log import RoomLogStore

DEADLINE_SECONDS = 10.0
QUEUE_MOST = 200
_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class Receipt:
    """What became of an event: its number once it is published, else None."""

    seq: int | None = None


class Turn:
    """One turn and its transaction. What is published in it leaves after the commit, in this order."""

    def __init__(
        self, room_id: RoomId, transaction: Transaction, room_log: RoomLog, notices: Notices, at: Millis
    ) -> None:
        self.room_id = room_id
        self.at = at
        """The moment of this turn: of its rows and of its events."""
        self._transaction = transaction
        self._room_log = room_log
        self._notices = notices
        self.deeds: list[RoomDeed] = []

    def record(self, deed: RoomDeed) -> None:
        """Write the deed into the log of the room, with this turn or not at all."""
        self.deeds.append(deed)

    def audit(self, actor: Actor, deed: Deed) -> None:
        """Write the deed into the audit log with this turn, which must be a durable one."""
        self._transaction.audit(actor, deed)

    def publish(self, change: Change, by: Person | None) -> Receipt:
        """Tell the room. A failure after the commit is logged and leaves the receipt empty: it has happened."""
        receipt = Receipt()
        event = RoomEvent(change, self.at, by)

        async def leave() -> None:
            try:
                receipt.seq = await self._room_log.publish(self.room_id, event)
            except SyncTVError as error:
                _log.warning(
                    "an event of room %s was kept and not published: %s", self.room_id, error.message
                )

        self._transaction.after_commit(leave)
        return receipt

    def notify(self, notice: Notice) -> None:
        """Tell every server."""

        async def leave() -> None:
            try:
                await self._notices.publish(notice)
            except SyncTVError as error:
                _log.warning("a notice about room %s was not published: %s", self.room_id, error.message)

        self._transaction.after_commit(leave)


class _Wanted(Generic[T]):
    """What somebody wants done in a turn, and the answer that this one waits for."""

    def __init__(self, work: Callable[[Turn], Coroutine[Any, Any, T]]) -> None:
        self.work = work
        self.answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._result: T

    async def carry_out(self, turn: Turn) -> None:
        self._result = await self.work(turn)

    def tell(self, error: BaseException | None) -> None:
        """Give the answer, unless nobody waits for it any more."""
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(self._result)
        else:
            self.answer.set_exception(error)


class Turns:
    """A turn for each room, in the order in which it was asked for (see `Lines` for the bounds).

    Moments are by the clock of the ids.
    """

    def __init__(
        self,
        *,
        database: Database,
        room_log: RoomLog,
        notices: Notices,
        ids: Ids,
    ) -> None:
        self._database = database
        self._records = RoomLogStore(database)
        self._ids = ids
        self._room_log = room_log
        self._notices = notices
        self._now = ids.now
        self._lines = Lines(deadline_seconds=DEADLINE_SECONDS, queue_most=QUEUE_MOST)
        self._wanted: dict[RoomId, list[_Wanted[Any]]] = {}
        self._carriers: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many commands wait for a turn, over all rooms; for the metrics."""
        return self._lines.waiting + sum(len(wanted) - 1 for wanted in self._wanted.values())

    @asynccontextmanager
    async def turn(self, room_id: RoomId, *, durable: bool = False) -> AsyncIterator[Turn]:
        """The room's turn and a transaction in it: kept at the end of the block, undone when it raises.

        `durable` is for what must be kept through a loss of power, all that is audited among it.
        Unavailable (`room.busy`) when the line is full or the turn does not come in time.
        """
        async with self._lines.hold(room_id), self._database.transaction(durable=durable) as transaction:
            turn = self._turn(room_id, transaction)
            yield turn
            await self._keep_records(turn)

    async def take(self, room_id: RoomId, work: Callable[[Turn], Coroutine[Any, Any, T]]) -> T:
        """What `work` gives, carried out in a turn of the room: kept when it returns, undone when it raises.

        For what is asked for often. What waits for the same room is carried out together, each in the order in which
        it came, each undone alone; on SQLite that is one hop to its thread and one commit. So `work` awaits stores
        and nothing else (`store.transaction.Work`). A caller that is cancelled takes back what has not begun.
        """
        wanted = _Wanted(work)
        if room_id not in self._wanted:
            self._wanted[room_id] = []
            # Not within the caller, who may be cancelled while others wait with it.
            carrier = asyncio.create_task(self._carry_out(room_id), context=Context())
            self._carriers.add(carrier)
            carrier.add_done_callback(self._carriers.discard)
        elif len(self._wanted[room_id]) >= QUEUE_MOST:
            raise too_busy()
        self._wanted[room_id].append(wanted)
        return await wanted.answer

    async def _carry_out(self, room_id: RoomId) -> None:
        wanted: list[_Wanted[Any]] | None = None
        await asyncio.sleep(0)  # what the loop reads in this turn goes along
        try:
            async with self._lines.hold(room_id):
                wanted = [one for one in self._wanted.pop(room_id) if not one.answer.done()]
                errors = await self._database.carry_out([self._work(room_id, one) for one in wanted])
        except Exception as failure:
            wanted = self._wanted.pop(room_id) if wanted is None else wanted
            errors = [failure] * len(wanted)
        for one, error in zip(wanted, errors, strict=True):
            one.tell(error)

    def _work(self, room_id: RoomId, wanted: _Wanted[Any]) -> Work:
        async def work(transaction: Transaction) -> None:
            turn = self._turn(room_id, transaction)
            await wanted.carry_out(turn)
            await self._keep_records(turn)

        return work

    def _turn(self, room_id: RoomId, transaction: Transaction) -> Turn:
        return Turn(room_id, transaction, self._room_log, self._notices, self._now())

    async def _keep_records(self, turn: Turn) -> None:
        await self._records.add(
            [RoomRecord(self._ids.record(), turn.room_id, turn.at, deed) for deed in turn.deeds]
        )
