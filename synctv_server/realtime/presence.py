"""Who has come to a room and who has gone, told in batches: 200 people at once are one event, not 200.

A person counts once over many devices, and has gone when the last connection is away for ten seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from synctv_server.domain.events import Change, MemberJoined, MemberLeft
from synctv_server.domain.ids import UserId
from synctv_server.domain.members import Member
from synctv_server.domain.times import SECOND, Millis, Now

ARRIVALS_SECONDS = 0.2
ABSENCE: Millis = 10 * SECOND


class Attendance:
    """Of one room. `publish` takes the events that tell of it."""

    def __init__(self, now: Now, publish: Callable[[Change], None]) -> None:
        self._now = now
        self._publish = publish
        self._connections: Counter[UserId] = Counter()
        self._told: set[UserId] = set()
        self._arriving: dict[UserId, Member] = {}
        self._departing: dict[UserId, Millis] = {}

    @property
    def is_settled(self) -> bool:
        """Nobody is here and everybody's going has been told."""
        return not (self._connections or self._told)

    def arrive(self, member: Member) -> None:
        """One more connection of this person."""
        user_id = member.person.id
        self._connections[user_id] += 1
        self._departing.pop(user_id, None)
        if user_id not in self._told:
            if not self._arriving:
                asyncio.get_running_loop().call_later(ARRIVALS_SECONDS, self._tell_arrivals)
            self._arriving[user_id] = member

    def depart(self, user_id: UserId) -> None:
        """One connection of this person less."""
        self._connections[user_id] -= 1
        if self._connections[user_id] > 0:
            return
        del self._connections[user_id]
        self._arriving.pop(user_id, None)
        if user_id in self._told:
            self._departing[user_id] = self._now() + ABSENCE

    def tell_departures(self) -> None:
        """Tell of those who are away for long enough. Called by the clock."""
        now = self._now()
        gone = tuple(user_id for user_id, due in self._departing.items() if due <= now)
        if gone:
            for user_id in gone:
                del self._departing[user_id]
                self._told.discard(user_id)
            self._publish(MemberLeft(gone))

    def _tell_arrivals(self) -> None:
        members, self._arriving = tuple(self._arriving.values()), {}
        if members:
            self._told.update(member.person.id for member in members)
            self._publish(MemberJoined(members))
