"""One turn per room at a time: whoever changes a room holds its turn over read, rule, write, commit and publish.

So every front door shares one order. Turns are taken before rows, never the other way round, and never one inside
another. Delivery from the log waits for no turn, so nothing can wait in a circle. Used by every service that
changes a room.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from synctv_server.cluster.notices import Notice, Notices
from synctv_server.cluster.room_log import RoomLog
from synctv_server.domain.audit import Deed
from synctv_server.domain.errors import SyncTVError
from synctv_server.domain.events import Change, RoomEvent
from synctv_server.domain.ids import Ids, RoomId
from synctv_server.domain.room_log import RoomDeed, RoomRecord
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.times import Millis
from synctv_server.services.lines import Lines
from synctv_server.store import Database, Transaction
from synctv_server.store.room_log import RoomLogStore

DEADLINE_SECONDS = 10.0
QUEUE_MOST = 200
_log = logging.getLogger(__name__)


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
        lines: Lines | None = None,
    ) -> None:
        self._database = database
        self._records = RoomLogStore(database)
        self._ids = ids
        self._room_log = room_log
        self._notices = notices
        self._now = ids.now
        self._lines = lines or Lines(deadline_seconds=DEADLINE_SECONDS, queue_most=QUEUE_MOST)

    @asynccontextmanager
    async def turn(self, room_id: RoomId, *, durable: bool = False) -> AsyncIterator[Turn]:
        """The room's turn and a transaction in it: kept at the end of the block, undone when it raises.

        `durable` is for what must be kept through a loss of power, all that is audited among it.
        Unavailable (`room.busy`) when the line is full or the turn does not come in time.
        """
        async with self._lines.hold(room_id), self._database.transaction(durable=durable) as transaction:
            turn = Turn(room_id, transaction, self._room_log, self._notices, self._now())
            yield turn
            await self._records.add(
                [RoomRecord(self._ids.record(), room_id, turn.at, deed) for deed in turn.deeds]
            )
