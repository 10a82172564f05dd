"""RoomLog in this process: a ring for each room; delivery is a plain call from inside `publish`."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Sequence
from itertools import islice

from synctv_server.cluster.room_log import (
    RING_AGE,
    RING_BYTES,
    RING_EVENTS,
    Deliver,
    Encode,
    LogEntry,
    Number,
    Unfollow,
)
from synctv_server.domain.events import RoomEvent
from synctv_server.domain.ids import RoomId
from synctv_server.domain.times import Millis, Now


class MemoryRoomLog:
    """Logs live while somebody follows or writes; a log that comes back has another epoch."""

    def __init__(self, encode: Encode, number: Number, now: Now) -> None:
        self._encode = encode
        self._number = number
        self._now = now
        self._rings: dict[RoomId, _Ring] = {}

    async def publish(self, room_id: RoomId, event: RoomEvent) -> int:
        ring = self._ring(room_id)
        seq = ring.head + 1
        entry = LogEntry(seq, event, self._number(seq, self._encode(event)))
        ring.append(entry, self._now())
        for deliver in tuple(ring.followers.values()):
            deliver(entry)
        return seq

    async def follow(self, room_id: RoomId, deliver: Deliver) -> Unfollow:
        ring = self._ring(room_id)
        key = object()
        ring.followers[key] = deliver

        def unfollow() -> None:
            if ring.followers.pop(key, None) is not None:
                ring.touched_at = self._now()

        return unfollow

    def head(self, room_id: RoomId) -> int:
        return self._ring(room_id).head

    def epoch(self, room_id: RoomId) -> str:
        return self._ring(room_id).epoch

    def since(self, room_id: RoomId, seq: int) -> Sequence[LogEntry] | None:
        ring = self._ring(room_id)
        ring.drop_older(self._now() - RING_AGE)
        return ring.since(seq)

    def sweep(self) -> None:
        oldest = self._now() - RING_AGE
        for room_id, ring in list(self._rings.items()):
            ring.drop_older(oldest)
            if not ring.followers and ring.touched_at < oldest:
                del self._rings[room_id]

    def _ring(self, room_id: RoomId) -> _Ring:
        ring = self._rings.get(room_id)
        if ring is None:
            ring = self._rings[room_id] = _Ring(self._now())
        return ring


class _Ring:
    """The latest entries of one room, with the moments at which they came."""

    __slots__ = ("_bytes", "_entries", "_moments", "epoch", "followers", "head", "touched_at")

    def __init__(self, now: Millis) -> None:
        self.epoch = secrets.token_urlsafe(9)
        self.head = 0
        self.followers: dict[object, Deliver] = {}
        self.touched_at = now
        self._entries: deque[LogEntry] = deque()
        self._moments: deque[Millis] = deque()
        self._bytes = 0

    def append(self, entry: LogEntry, now: Millis) -> None:
        self.head = entry.seq
        self.touched_at = now
        self._entries.append(entry)
        self._moments.append(now)
        self._bytes += len(entry.frame)
        while len(self._entries) > RING_EVENTS or self._bytes > RING_BYTES:
            self._drop_first()

    def drop_older(self, oldest: Millis) -> None:
        while self._moments and self._moments[0] < oldest:
            self._drop_first()

    def since(self, seq: int) -> list[LogEntry] | None:
        missing = self.head - seq
        if seq < 0 or not 0 <= missing <= len(self._entries):
            return None
        return list(islice(self._entries, len(self._entries) - missing, None))

    def _drop_first(self) -> None:
        self._bytes -= len(self._entries.popleft().frame)
        self._moments.popleft()
