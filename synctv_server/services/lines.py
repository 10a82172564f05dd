"""Waiting lines: one holder per key, first come, first served. Used by `services.turns` for rooms."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from synctv_server.domain.errors import Unavailable

_RETRY_SECONDS = 1.0


class Lines:
    """Lines by key; one is dropped as soon as nobody holds or waits.

    `queue_most` may wait in one line, each for `deadline_seconds`: beyond either Unavailable is raised.
    """

    def __init__(self, *, deadline_seconds: float, queue_most: int) -> None:
        self._deadline_seconds = deadline_seconds
        self._queue_most = queue_most
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> int:
        """How many wait, over all lines; for the metrics."""
        return sum(len(line) for line in self._waiting.values())

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Wait in the line of `key`, then hold it until the block ends."""
        line = self._waiting.get(key)
        if line is None:
            self._waiting[key] = deque()
        else:
            await self._wait(key, line)
        try:
            yield
        finally:
            self._pass_on(key)

    async def _wait(self, key: str, line: deque[asyncio.Future[None]]) -> None:
        if len(line) >= self._queue_most:
            raise too_busy()
        place = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await place
        except BaseException as error:
            # Whoever gives up at the very moment of being called has to call the next one.
            if place.done() and not place.cancelled():
                self._pass_on(key)
            elif place in line:
                line.remove(place)
            if isinstance(error, TimeoutError):
                raise too_busy() from error
            raise

    def _pass_on(self, key: str) -> None:
        line = self._waiting[key]
        while line:
            place = line.popleft()
            if not place.done():
                place.set_result(None)
                return
        del self._waiting[key]


def too_busy() -> Unavailable:
    """What is raised when too many wait."""
    return Unavailable(
        "too many commands wait for this room; try again in a moment",
        code="room.busy",
        retry_after_seconds=_RETRY_SECONDS,
    )
