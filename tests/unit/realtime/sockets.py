"""A socket that keeps what it gets, and fills up when the test says so."""

from __future__ import annotations

from typing import Any

import msgspec

from synctv_server.realtime.outbox import Listener
from synctv_server.realtime.wire import payloads


class KeptSocket:
    """`writes` are the calls, each the joined frames of one write; `capacity` calls fit before it is full."""

    descriptor: int | None = None

    def __init__(self, capacity: int | None = None) -> None:
        self.listener: Listener | None = None
        self.writes: list[bytes] = []
        self.closed_with: int | None = None
        self.capacity = capacity
        self.ping_ms: float | None = None
        self.is_gone = False

    def write(self, data: bytes) -> None:
        assert self.closed_with is None, "nothing is written behind a close frame"
        if self.is_gone:
            raise RuntimeError("handler is closed")  # as uvloop does
        self.writes.append(data)
        if self.capacity is not None:
            self.capacity -= 1
            if self.capacity <= 0 and self.listener is not None:
                self.listener.paused()

    def drain(self, capacity: int | None = None) -> None:
        """The client has read everything."""
        self.capacity = capacity
        if self.listener is not None:
            self.listener.resumed()

    def close(self, code: int, reason: str) -> None:
        assert self.closed_with is None, "closed once"
        assert reason
        self.closed_with = code

    def round_trip_ms(self) -> float | None:
        return self.ping_ms

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(payload) for data in self.writes for payload in payloads(data)]

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.frames if "seq" in frame and frame["type"] != "welcome"]
