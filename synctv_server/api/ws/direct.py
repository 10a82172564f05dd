"""The straight way out of a connection: whole frames to the transport, the same bytes for everybody.

Made by `protocol`, found by `handler` in the scope's extensions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from synctv_server.realtime.outbox import Listener, Write

EXTENSION = "synctv.socket"
"""Key of the scope's extensions under which a `DirectSocket` is."""


class DirectSocket:
    """Writes past ASGI's `send`. `end` closes with a code; `ping_seconds` is what the last ping took, 0 before it."""

    __slots__ = ("_end", "_ping_seconds", "descriptor", "listener", "write")

    def __init__(
        self,
        transport: asyncio.Transport,
        end: Callable[[int, str], None],
        ping_seconds: Callable[[], float],
    ) -> None:
        self.write: Write = transport.write
        self.descriptor = _descriptor(transport)
        self.listener: Listener | None = None
        self._end = end
        self._ping_seconds = ping_seconds

    def close(self, code: int, reason: str) -> None:
        self._end(code, reason)

    def round_trip_ms(self) -> float | None:
        return self._ping_seconds() * 1_000 or None

    def stop(self) -> None:
        """Leave the room before anything can follow a close frame. From here on it closes and knows nothing.

        The connection's scope holds this, and it held the connection: without letting go of each other, both would
        stay until a full collection, which is hours away.
        """
        self._end, self._ping_seconds = _end_nothing, _no_ping
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.closed()


def _descriptor(transport: asyncio.Transport) -> int | None:
    raw = transport.get_extra_info("socket")
    is_plain = raw is not None and transport.get_extra_info("ssl_object") is None
    return raw.fileno() if is_plain else None


def _end_nothing(_code: int, _reason: str) -> None:
    """The connection is over."""


def _no_ping() -> float:
    return 0.0
