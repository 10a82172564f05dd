"""Once in this process: a dictionary with an end for each entry."""

from __future__ import annotations

from collections import OrderedDict

from synctv_server.domain.times import Millis, Now

KEYS_MOST = 100_000


class MemoryOnce:
    """Expired entries go with each `put`; the oldest go beyond `KEYS_MOST`."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._values: OrderedDict[str, tuple[bytes, Millis]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    async def put(self, key: str, value: bytes, ttl_ms: Millis) -> None:
        now = self._now()
        while self._values and (
            next(iter(self._values.values()))[1] <= now or len(self._values) >= KEYS_MOST
        ):
            self._values.popitem(last=False)
        self._values[key] = (value, now + ttl_ms)
        self._values.move_to_end(key)

    async def take(self, key: str) -> bytes | None:
        value, ends_at = self._values.pop(key, (None, 0))
        return value if self._now() < ends_at else None
