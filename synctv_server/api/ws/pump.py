"""The way out over ASGI's `send`, where the server hands no `DirectSocket`: other servers, tests. Same room code."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from synctv_server.realtime.outbox import Listener
from synctv_server.realtime.wire import payloads

Send = Callable[[Any], Awaitable[None]]

_FULL_BYTES = 64 * 1_024


class PumpedSocket:
    """Takes whole frames at once and sends them one after the other from `run`."""

    descriptor = None

    def __init__(self, send: Send) -> None:
        self.listener: Listener | None = None
        self._send = send
        self._frames: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_full = False
        self._closing: tuple[int, str] | None = None
        self._has_work = asyncio.Event()

    def write(self, data: bytes) -> None:
        self._frames.append(data)
        self._waiting_bytes += len(data)
        self._has_work.set()
        if not self._is_full and self._waiting_bytes > _FULL_BYTES:
            self._is_full = True
            if self.listener is not None:
                self.listener.paused()

    def close(self, code: int, reason: str) -> None:
        self._closing = (code, reason)
        self._has_work.set()

    def round_trip_ms(self) -> float | None:
        return None

    def stop(self) -> None:
        """The connection is over."""
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.closed()

    async def run(self) -> None:
        """Send until the connection is closed or the task is cancelled."""
        while True:
            await self._has_work.wait()
            while self._frames:
                await self._send_one(self._frames.popleft())
            if self._closing is not None:
                code, reason = self._closing
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
                return
            self._has_work.clear()
            if self._is_full:
                self._is_full = False
                if self.listener is not None:
                    self.listener.resumed()

    async def _send_one(self, data: bytes) -> None:
        for payload in payloads(data):
            await self._send({"type": "websocket.send", "text": payload.decode()})
        self._waiting_bytes -= len(data)
