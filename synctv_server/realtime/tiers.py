"""The viewers of one room in groups that are written to one after the other, so that a full house stops nobody else.

`LiveRoom` feeds it, `Session` takes a place. A room of up to 500 is written to in one go; in a larger one the
server looks after everybody else between two tiers, and rests for a moment so that its threads get on too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from synctv_server.cluster.room_log import LogEntry
from synctv_server.domain.ids import RoomId
from synctv_server.domain.permissions import Permission
from synctv_server.domain.times import Millis
from synctv_server.realtime.fanout import FanOut, Pending
from synctv_server.realtime.surroundings import Surroundings

TIER_VIEWERS = 250
"""Less than 2 ms of writing. A command elsewhere goes through several turns of the loop, and waits in each; each
rest costs the full house its warm caches."""

TIERS_IN_ONE_GO = 2
REST_SECONDS = 0.002
"""The timer of the loop is good to a millisecond: this is one to two."""


class Tiers:
    """Each tier keeps its own place in the log, so order holds for every viewer whoever was written to before."""

    def __init__(
        self, room_id: RoomId, around: Surroundings, replaceable: Callable[[], Pending | None]
    ) -> None:
        self._room_id = room_id
        self._around = around
        self._replaceable = replaceable
        self._due: dict[FanOut, None] = {}
        self._is_scheduled = False
        self._tiers = [self._build()]

    def __len__(self) -> int:
        return sum(map(len, self._tiers))

    def place(self) -> FanOut:
        """The tier that takes the next viewer."""
        for tier in self._tiers:
            if len(tier) < TIER_VIEWERS:
                return tier
        self._tiers.append(self._build())
        return self._tiers[-1]

    def deliver(self, entry: LogEntry) -> None:
        """Pass an event on with this tick's batch."""
        self._put(Pending(entry.seq, entry.event.needs, entry.frame))

    def tell(self, frame: bytes, needs: Permission) -> None:
        """Pass on what has no number; those behind get the latest when they have caught up."""
        self._put(Pending(0, needs, frame))

    def flush(self) -> None:
        """Write all that waits to everybody who can take it, in one go."""
        for tier in self._tiers:
            tier.flush()

    def count_behind(self) -> int:
        return sum(tier.count_behind() for tier in self._tiers)

    def drop_stalled(self, now: Millis) -> None:
        """Drop the viewers whose sockets have taken nothing for too long, and empty tiers. Called by the clock."""
        for tier in self._tiers:
            tier.drop_stalled(now)
        if len(self._tiers) > 1:
            self._tiers = [tier for tier in self._tiers if len(tier)] or self._tiers[:1]

    def _build(self) -> FanOut:
        return FanOut(self._room_id, self._around, self._replaceable, self._schedule)

    def _put(self, pending: Pending) -> None:
        for tier in self._tiers:
            tier.put(pending)

    def _schedule(self, tier: FanOut) -> None:
        self._due[tier] = None
        if not self._is_scheduled:
            self._is_scheduled = True
            # After the next turn of the loop: what it reads meanwhile goes along, and so do the answers.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._tick)

    def _tick(self) -> None:
        self._is_scheduled = False
        try:
            for tier in self._take_due():
                tier.flush()
        finally:
            if self._due and not self._is_scheduled:
                self._is_scheduled = True
                asyncio.get_running_loop().call_later(REST_SECONDS, self._tick)

    def _take_due(self) -> list[FanOut]:
        """What is flushed now: everything that is due, in a full house one tier."""
        due = list(self._due)
        if len(self._tiers) > TIERS_IN_ONE_GO:
            due = due[:1]
        for tier in due:
            del self._due[tier]
        return due
