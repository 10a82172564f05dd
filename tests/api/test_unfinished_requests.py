"""Requests that begin and never end, at the real listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from synctv_server.supervisor import listeners
from tests.support.frames.raw import TEXT, RawSocket, text
from tests.support.live import LiveServer, serving
from tests.support.waiting import eventually

DEADLINE_SECONDS = 0.3
POST = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveServer]:
    monkeypatch.setattr(listeners, "_REQUEST_SECONDS", DEADLINE_SECONDS)
    async with serving(tmp_path) as live:
        yield live


@pytest.mark.parametrize(
    "beginning", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", POST, POST + b'{"a"'], ids=repr
)
async def test_a_request_that_does_not_go_on_is_cut(server: LiveServer, beginning: bytes) -> None:
    await begin_and_be_cut(server, beginning)
    await eventually(lambda: not server.listener.server_state.connections)
    await eventually(lambda: not server.listener.server_state.tasks)
    assert server.application.metrics.internal_errors_total.labels(door="http")._value.get() == 0


async def begin_and_be_cut(server: LiveServer, beginning: bytes) -> None:
    address = urlsplit(server.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(beginning)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 10)
    writer.transport.abort()


async def test_a_head_that_comes_a_byte_at_a_time_has_no_longer(server: LiveServer) -> None:
    address = urlsplit(server.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    trickling = asyncio.create_task(trickle(writer))
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 10)
    trickling.cancel()
    writer.transport.abort()


async def trickle(writer: asyncio.StreamWriter) -> None:
    for byte in b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000:
        writer.write(bytes([byte]))
        await asyncio.sleep(DEADLINE_SECONDS / 10)


async def test_a_socket_and_an_idle_connection_live_on(server: LiveServer) -> None:
    ann = await server.account("ann")
    room = await server.room(ann)
    address = urlsplit(server.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    get = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    async with RawSocket(server.base, room, ann.token) as raw:
        writer.write(get)
        assert b"200" in await reader.readline()
        await begin_and_be_cut(server, b"")  # in a span that would have cut these two
        writer.write(get)
        await asyncio.wait_for(reader.readuntil(b"HTTP/1.1 200"), 10)
        raw.send(text('{"type":"time.ping","t0":1}'))
        while b"time.pong" not in await raw.next_of(TEXT):
            pass
    writer.transport.abort()
