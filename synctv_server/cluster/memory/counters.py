"""Counters in this process: the moments of the latest allowed hits of each key."""

from __future__ import annotations

from collections import OrderedDict, deque

from synctv_server.cluster.counters import Verdict
from synctv_server.domain.times import Millis, Now

KEYS_MOST = 100_000
"""Beyond this many keys the one not hit for longest is forgotten, so that strangers cannot fill the memory."""


class MemoryCounters:
    """Keys whose windows have passed go by themselves, a few with each hit."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    async def hit(self, key: str, limit: int, window_ms: Millis) -> Verdict:
        now = self._now()
        self._forget_passed(now)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
        self._windows.move_to_end(key)
        return window.hit(now, limit, window_ms)

    def _forget_passed(self, now: Millis) -> None:
        for _ in range(2):
            if not self._windows:
                return
            key, window = next(iter(self._windows.items()))
            if window.passes_at >= now and len(self._windows) < KEYS_MOST:
                return
            del self._windows[key]


class _Window:
    __slots__ = ("_moments", "passes_at")

    def __init__(self) -> None:
        self._moments: deque[Millis] = deque()
        self.passes_at: Millis = 0

    def hit(self, now: Millis, limit: int, window_ms: Millis) -> Verdict:
        moments = self._moments
        while moments and moments[0] + window_ms < now:
            moments.popleft()
        self.passes_at = now + window_ms
        if len(moments) >= limit:
            # Only after the hit that leaves room for one more has left every window, both ends included.
            blocking = moments[len(moments) - limit] if limit > 0 else now
            return Verdict(allowed=False, remaining=0, retry_after_ms=blocking + window_ms + 1 - now)
        moments.append(now)
        return Verdict(allowed=True, remaining=limit - len(moments))
