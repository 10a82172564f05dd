"""A TCP proxy that holds back what passes through it, each way for itself, as a long or unsteady line does."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

UNDER_WAY_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """Each piece takes `delay_ms` ± `jitter_ms`, evenly spread, and overtakes nothing that was sent before it."""

    delay_ms: float
    jitter_ms: float
    seed: int = 1


class _End(asyncio.Protocol):
    """One end of a connection: what comes in here leaves at the other end when its time has come."""

    def __init__(self, hold_seconds: Callable[[], float]) -> None:
        self._hold_seconds = hold_seconds
        self._loop = asyncio.get_running_loop()
        self._free_at = 0.0
        self._under_way = 0
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.pause_reading()

    def join(self, other: _End) -> None:
        """From now on there is somewhere to deliver to."""
        self.other = other
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._under_way += len(data)
        if self._under_way > UNDER_WAY_MOST_BYTES and self.transport:
            self.transport.pause_reading()
        self._later(lambda: self._deliver(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._later(self.close_other)

    def close_other(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.close()

    def _deliver(self, data: bytes) -> None:
        self._under_way -= len(data)
        if self.other and self.other.transport and not self.other.transport.is_closing():
            self.other.transport.write(data)
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def _later(self, act: Callable[[], None]) -> None:
        # Timers of one instant fire in any order, so no two are set to the same.
        self._free_at = max(self._free_at + 1e-6, self._loop.time() + self._hold_seconds())
        self._loop.call_at(self._free_at, act)


@asynccontextmanager
async def delaying(url: str, line: Line) -> AsyncIterator[str]:
    """The address under which the server at `url` is reached over such a line."""
    there = urlsplit(url)
    host, port = there.hostname or "127.0.0.1", there.port or 80
    loop = asyncio.get_running_loop()
    draw = random.Random(line.seed)
    ends: list[_End] = []
    joining: set[asyncio.Task[None]] = set()

    def hold_seconds() -> float:
        return (line.delay_ms + draw.uniform(-line.jitter_ms, line.jitter_ms)) / 1000

    async def join(near: _End) -> None:
        try:
            _, far = await loop.create_connection(lambda: _End(hold_seconds), host, port)
        except OSError:
            if near.transport:
                near.transport.abort()
            return
        near.join(far)
        far.join(near)
        ends.append(far)

    def accept() -> _End:
        near = _End(hold_seconds)
        ends.append(near)
        task = loop.create_task(join(near))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    server = await loop.create_server(accept, host, 0)
    try:
        yield f"{there.scheme}://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for end in ends:
            if end.transport:
                end.transport.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*joining)
