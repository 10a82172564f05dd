"""A WebSocket made of bytes, for what no client library would send (RFC 6455 §5)."""

from __future__ import annotations

import asyncio
import base64
import os
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
DEADLINE_SECONDS = 10.0


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    is_final: bool = True,
    reserved: int = 0,
    mask: bytes | None = b"\x01\x02\x03\x04",
    claims: int | None = None,
) -> bytes:
    """One frame; `reserved` are the three bits beside FIN, `claims` is a length that is not the payload's."""
    length = len(payload) if claims is None else claims
    first = (0x80 if is_final else 0) | reserved << 4 | opcode
    bit = 0 if mask is None else 0x80
    if length < 126:
        head = bytes((first, bit | length))
    elif length < 65_536:
        head = bytes((first, bit | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, bit | 127)) + length.to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def text(value: str) -> bytes:
    return frame(TEXT, value.encode())


class RawSocket:
    """A connection that does nothing by itself: it reads when asked, and answers no ping."""

    def __init__(self, base: str, room_id: str, token: str) -> None:
        self._address = urlsplit(base)
        self._path = f"/api/v1/rooms/{room_id}/ws"
        self._token = token

    async def __aenter__(self) -> Self:
        host, port = self._address.hostname, self._address.port
        self.reader, self.writer = await asyncio.open_connection(host, port, limit=1 << 20)
        lines = [
            f"GET {self._path} HTTP/1.1",
            f"Host: {self._address.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Authorization: Bearer {self._token}",
        ]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(DEADLINE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()

    def send(self, data: bytes) -> None:
        """More than the kernel takes is dropped with the connection."""
        self.writer.write(data)

    async def next(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame. IncompleteReadError or ConnectionError where there is none."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80, "a server's frames are whole and have no reserved bits"
            assert second < 0x80, "a server's frames are not masked"
            size = second
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def next_of(self, opcode: int) -> bytes:
        """The payload of the next frame of this kind, past all others."""
        while True:
            found, payload = await self.next()
            if found == opcode:
                return payload

    async def closed(self) -> int:
        """The code of the close frame; behind it the server hangs up."""
        code = int.from_bytes((await self.next_of(CLOSE))[:2], "big")
        # It hangs up hard where it has left something unread.
        with suppress(ConnectionResetError):
            async with asyncio.timeout(DEADLINE_SECONDS):
                assert await self.reader.read(1) == b"", "nothing may follow a close frame"
        return code
