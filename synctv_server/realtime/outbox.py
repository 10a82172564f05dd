"""The one way out of a connection: a place in the room's ring, and what is for this connection alone.

What a slow client does to it is decided here and in `fanout`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from synctv_server.domain.permissions import NONE, Permission
from synctv_server.domain.times import Millis

VISIBILITY = Permission.VIEW_MEMBERS | Permission.VIEW_LIBRARY
"""The permissions that decide which events a viewer sees."""

WAITING_BYTES_MOST = 1_024 * 1_024
"""How much may wait for one slow viewer."""

Write = Callable[[bytes], None]


class Listener(Protocol):
    """Who hears what becomes of a socket."""

    def paused(self) -> None:
        """The kernel takes no more. May come from inside `write`."""

    def resumed(self) -> None:
        """All that was written has gone."""

    def closed(self) -> None:
        """Comes once, before anything could follow a close frame."""


class Socket(Protocol):
    """What a connection is to a room: whole frames go in, three calls come out."""

    listener: Listener | None

    @property
    def descriptor(self) -> int | None:
        """The file descriptor that takes whole frames as well while nothing waits (`paused`); None where none does."""

    @property
    def write(self) -> Write:
        """Takes whole frames; never waits."""

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and end the connection soon, whether it is taken or not."""

    def round_trip_ms(self) -> float | None:
        """What the last ping of the protocol took; None before the first."""


class Outbox:
    """State only; `FanOut` moves it."""

    __slots__ = (
        "_own",
        "_own_bytes",
        "behind_from",
        "cursor",
        "is_dropped",
        "is_paused",
        "paused_at",
        "sees",
        "socket",
    )

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.sees: Permission = NONE
        self.is_dropped = False
        self.is_paused = False
        self.paused_at: Millis = 0
        # The number of the last event written, and how many bytes the room had sent by then; kept only while behind.
        self.cursor = 0
        self.behind_from = 0
        # Most connections never have two answers waiting: a list comes with the first.
        self._own: list[bytes] | None = None
        self._own_bytes = 0

    @property
    def own_count(self) -> int:
        return len(self._own) if self._own else 0

    @property
    def own_bytes(self) -> int:
        return self._own_bytes

    def put(self, frame: bytes) -> None:
        """Keep an answer for this connection alone."""
        if self._own is None:
            self._own = []
        self._own.append(frame)
        self._own_bytes += len(frame)

    def take_own(self) -> bytes:
        """All answers that wait, joined; none waits afterwards."""
        own, self._own, self._own_bytes = self._own, None, 0
        return b"".join(own) if own else b""
