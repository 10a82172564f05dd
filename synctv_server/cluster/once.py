"""Values that can be taken exactly once before they expire: tickets of sockets."""

from __future__ import annotations

from typing import Protocol

from synctv_server.domain.times import Millis


class Once(Protocol):
    """Of many who take a key at one moment, one gets the value."""

    async def put(self, key: str, value: bytes, ttl_ms: Millis) -> None:
        """Keep `value` until it is taken, or `ttl_ms` have passed."""

    async def take(self, key: str) -> bytes | None:
        """The value, which is gone then; None when there is none, or none any more."""
