"""The viewers of one room in groups that are written to one after the other, so that a full house stops nobody else.

`LiveRoom` feeds it, `Session` takes a place. A room of up to `TIER_VIEWERS` is one tier, and one write for each viewer
in one loop; in a larger one the loop of the server turns between two tiers.
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
"""What is written in one go: 2.5 ms at 10 µs a viewer, and whoever comes next waits for two of them at most."""


class Tiers:
    """Each tier keeps its own place in the log, so order holds for every viewer whoever was written to before."""

    def __init__(
        self, room_id: RoomId, around: Surroundings, replaceable: Callable[[], Pending | None]
    ) -> None:
        self._room_id = room_id
        self._around = around
        self._replaceable = replaceable
        self._due: dict[FanOut, None] = {}
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
        """Drop the viewers whose sockets have taken nothing for too long. Called by the clock."""
        for tier in self._tiers:
            tier.drop_stalled(now)

    def _build(self) -> FanOut:
        return FanOut(self._room_id, self._around, self._replaceable, self._schedule)

    def _put(self, pending: Pending) -> None:
        for tier in self._tiers:
            tier.put(pending)

    def _schedule(self, tier: FanOut) -> None:
        if not self._due:
            asyncio.get_running_loop().call_soon(self._tick)
        self._due[tier] = None

    def _tick(self) -> None:
        """Flush one tier; the next has its turn when the loop has looked after everybody else."""
        tier = next(iter(self._due))
        del self._due[tier]
        if self._due:
            asyncio.get_running_loop().call_soon(self._tick)
        tier.flush()
