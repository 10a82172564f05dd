"""Viewers of one room who see the same and have taken everything so far: the same bytes go to each at once.

`FanOut` has one for each sight. This is the innermost loop of the server: see docs/decisions/0007-fan-out.md.
"""

from __future__ import annotations

import logging
import os

from synctv_server.realtime.outbox import Outbox

_logger = logging.getLogger(__name__)


class Audience:
    """Whose socket is not full. A viewer joins when it has caught up, and leaves before its connection is closed."""

    __slots__ = ("_straight", "_through")

    def __init__(self) -> None:
        self._straight: dict[Outbox, int] = {}
        """By file descriptor. Nothing of ours or of the transport waits there, so bytes cannot overtake any."""
        self._through: dict[Outbox, None] = {}
        """Over TLS, or another way to send: as their sockets do it."""

    def __len__(self) -> int:
        return len(self._straight) + len(self._through)

    def __contains__(self, outbox: Outbox) -> bool:
        return outbox in self._straight or outbox in self._through

    def add(self, outbox: Outbox) -> None:
        descriptor = outbox.socket.descriptor
        if descriptor is None:
            self._through[outbox] = None
        else:
            self._straight[outbox] = descriptor

    def discard(self, outbox: Outbox) -> bool:
        """Whether it was one of these."""
        was_here = outbox in self
        self._straight.pop(outbox, None)
        self._through.pop(outbox, None)
        return was_here

    def write(self, data: bytes) -> None:
        """One system call for each. One that fails costs the others nothing; who cannot take all tells by `paused`."""
        size, write = len(data), os.write
        for outbox, descriptor in self._straight.items():
            try:
                taken = write(descriptor, data)
            except OSError:  # full, or gone: its transport finds out which
                taken = 0
            if taken != size:
                write_through(outbox, data[taken:])
        for outbox in self._through:
            write_through(outbox, data)


def write_through(outbox: Outbox, data: bytes) -> None:
    """By way of the socket, which keeps what the kernel does not take."""
    try:
        outbox.socket.write(data)
    except RuntimeError:
        # uvloop refuses a handle that is gone; its `connection_lost` comes in the next tick.
        _logger.debug("a socket was gone while the room wrote", exc_info=True)
