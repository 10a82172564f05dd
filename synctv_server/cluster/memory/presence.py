"""Presence in this process: a few counters."""

from __future__ import annotations

from collections import Counter

from synctv_server.cluster.presence import ConnectionCounts, ConnectionLimits
from synctv_server.domain.ids import ConnectionId, RoomId, UserId


class MemoryPresence:
    """No method suspends, so each is one step."""

    def __init__(self) -> None:
        self._connections: dict[ConnectionId, tuple[RoomId, UserId]] = {}
        self._of_user: Counter[UserId] = Counter()
        self._in_room: dict[RoomId, Counter[UserId]] = {}

    async def enter(
        self, room_id: RoomId, user_id: UserId, connection_id: ConnectionId, limits: ConnectionLimits
    ) -> None:
        limits.require_place(await self.counts(room_id, user_id))
        self._connections[connection_id] = (room_id, user_id)
        self._of_user[user_id] += 1
        self._in_room.setdefault(room_id, Counter())[user_id] += 1

    async def leave(self, connection_id: ConnectionId) -> None:
        place = self._connections.pop(connection_id, None)
        if place is None:
            return
        room_id, user_id = place
        _take_one(self._of_user, user_id)
        _take_one(self._in_room[room_id], user_id)
        if not self._in_room[room_id]:
            del self._in_room[room_id]

    async def counts(self, room_id: RoomId, user_id: UserId) -> ConnectionCounts:
        room = self._in_room.get(room_id)
        return ConnectionCounts(
            user=self._of_user[user_id], room=room.total() if room else 0, total=len(self._connections)
        )

    async def present(self, room_id: RoomId) -> frozenset[UserId]:
        return frozenset(self._in_room.get(room_id, ()))


def _take_one(counter: Counter[UserId], user_id: UserId) -> None:
    counter[user_id] -= 1
    if not counter[user_id]:
        del counter[user_id]
