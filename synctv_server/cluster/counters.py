"""How often something has happened lately: the ground of every rate limit. Used by `services.limits`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from synctv_server.domain.times import Millis


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this hit was within the limit, how many more would be, and when the next one is if none."""

    allowed: bool
    remaining: int
    retry_after_ms: Millis = 0


class Counters(Protocol):
    """True sliding windows: no span of `window_ms`, wherever it begins, holds more than `limit` allowed hits."""

    async def hit(self, key: str, limit: int, window_ms: Millis) -> Verdict:
        """Count one hit if it is allowed; a refused one counts for nothing."""
