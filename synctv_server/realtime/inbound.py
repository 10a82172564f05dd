"""How fast a client may send: so many frames a second, twice as many in a burst, and an end to who will not hear."""

from __future__ import annotations

from enum import Enum, auto

from synctv_server.domain.times import Millis

_BURST_SECONDS = 2
_REFUSALS_MOST = 100


class Inbound(Enum):
    TAKEN = auto()
    REFUSED = auto()
    FLOOD = auto()


class InboundRate:
    """A token bucket. Refused frames count; after a hundred in a row it is a flood."""

    __slots__ = ("_at", "_refusals", "_tokens", "per_second")

    def __init__(self, per_second: int, now: Millis) -> None:
        self.per_second = per_second
        self._tokens = float(per_second * _BURST_SECONDS)
        self._at = now
        self._refusals = 0

    def take(self, now: Millis) -> Inbound:
        """Count one frame."""
        burst = self.per_second * _BURST_SECONDS
        self._tokens = min(burst, self._tokens + (now - self._at) * self.per_second / 1_000)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            self._refusals = 0
            return Inbound.TAKEN
        self._refusals += 1
        return Inbound.REFUSED if self._refusals <= _REFUSALS_MOST else Inbound.FLOOD
