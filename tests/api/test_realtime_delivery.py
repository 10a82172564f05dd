"""Delivery on real sockets: who does not read, who does not answer, and a server that has no straight way out."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from synctv_server.api.ws.direct import DirectSocket
from synctv_server.api.ws.protocol import FanOutProtocol
from synctv_server.domain.chat import Message
from synctv_server.domain.events import ChatSent, RoomEvent
from synctv_server.domain.ids import MessageId, RoomId, UserId
from synctv_server.domain.sessions import Person
from tests.support.live import Account, LiveServer, serving
from tests.support.waiting import eventually

SOMEBODY = Person(UserId("usr_x"), "Somebody")


async def say(server: LiveServer, room: str, text: str) -> int:
    """An event past the database: this is about delivery alone."""
    message = Message(MessageId("msg_x"), RoomId(room), SOMEBODY, text, 1)
    return await server.application.hub.shared.log.publish(RoomId(room), RoomEvent(ChatSent(message), 1))


async def raw_socket(
    server: LiveServer, room: str, who: Account
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that does nothing by itself: it reads nothing and answers no ping."""
    address = urlsplit(server.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    lines = [
        f"GET /api/v1/rooms/{room}/ws HTTP/1.1",
        f"Host: {address.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Authorization: Bearer {who.token}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    assert b"101" in await reader.readline()
    return reader, writer


async def test_who_never_reads_is_dropped_and_the_others_miss_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__send_timeout_seconds=0.5) as server:
        ann, bob = await server.account("ann"), await server.account("bob")
        room = await server.room(ann, bob)
        async with server.connect(room, ann) as quick:
            _, writer = await raw_socket(server, room, bob)
            await eventually(lambda: len(server.application.hub) == 2)
            for _ in range(40):
                last = await say(server, room, "x" * 20_000)
                await quick.until(lambda: quick.seq >= last)  # noqa: B023 (awaited within the turn)
            dropped = server.application.metrics.outbox_dropped_total.labels(reason="stalled")
            await eventually(lambda: dropped._value.get() == 1)
            await eventually(lambda: len(server.application.hub) == 1)
            await say(server, room, "the rest goes on")
            await quick.event("chat.sent", lambda frame: frame["message"]["text"] == "the rest goes on")
            writer.transport.abort()
            for told in ("too_slow", None):
                async with server.connect(room, bob) as back:
                    assert back.welcome.get("dropped_for") == told


async def test_who_reads_late_gets_everything_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        ann = await server.account("ann")
        room = await server.room(ann)
        async with server.connect(room, ann, read=False) as slow:
            await eventually(lambda: len(server.application.hub) == 1)
            (session,) = server.application.hub.sessions.values()
            while not session.live.tiers.count_behind():
                await say(server, room, "x" * 20_000)
                await asyncio.sleep(0)
            for _ in range(20):
                last = await say(server, room, "x" * 20_000)
            slow.start_reading()
            await slow.until(lambda: slow.seq >= last)
            assert session.live.tiers.count_behind() == 0


async def test_who_does_not_answer_a_ping_is_closed_with_4004(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        server.listener.config.ws_ping_interval = 0.05
        server.listener.config.ws_ping_timeout = 0.1
        ann = await server.account("ann")
        room = await server.room(ann)
        reader, writer = await raw_socket(server, room, ann)
        received = await asyncio.wait_for(reader.read(-1), 10)
        assert received.endswith(b"\x88\x0d" + (4004).to_bytes(2, "big") + b"ping missed")
        await eventually(lambda: len(server.application.hub) == 0)
        writer.transport.abort()


async def test_uvicorn_hands_out_the_straight_way(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        ann = await server.account("ann")
        room = await server.room(ann)
        async with server.connect(room, ann):
            (session,) = server.application.hub.sessions.values()
            assert isinstance(session.outbox.socket, DirectSocket)
        await eventually(lambda: len(server.application.hub) == 0)


async def test_a_peer_that_vanishes_leaves_nothing_behind(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        ann = await server.account("ann")
        room = await server.room(ann)
        for _ in range(3):
            client = server.connect(room, ann)
            await client.__aenter__()
            client.socket.transport.abort()
            await client.__aexit__()
            await say(server, room, "nobody hears it")
        await eventually(lambda: len(server.application.hub) == 0)
        counts = await server.application.hub.shared.presence.counts(RoomId(room), UserId(ann.id))
        assert (counts.user, counts.total) == (0, 0)


class OtherServer:
    """An ASGI server that knows `send` and `receive`, and nothing of ours."""

    def __init__(self, server: LiveServer, room: str, token: str | None, *, holds: int = 0) -> None:
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        path = f"/api/v1/rooms/{room}/ws"
        self.scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": path,
            "query_string": b"",
            "headers": headers,
        }
        self.incoming: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(holds)
        self.incoming.put_nowait({"type": "websocket.connect"})
        app: Any = (
            server.application.public
        )  # what is given here are plain dictionaries, as every server gives
        self.running: asyncio.Task[None] = asyncio.create_task(
            app(self.scope, self.incoming.get, self.outgoing.put)
        )

    def send(self, frame: object) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    async def message(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.outgoing.get(), 5)

    async def frame(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads((await self.message())["text"])
        return frame


async def test_without_the_straight_way_the_same_room_speaks_over_send(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        ann = await server.account("ann")
        room = await server.room(ann)
        film = await server.film(ann, room)
        other = OtherServer(server, room, ann.token)
        assert (await other.message())["type"] == "websocket.accept"
        welcome = await other.frame()
        assert (welcome["type"], welcome["seq"]) == ("welcome", 1)
        other.send({"type": "playback.load", "id": "a", "media_id": film})
        found = [await other.frame() for _ in range(3)]
        assert {frame["type"] for frame in found} == {"ack", "playback.changed", "member.joined"}
        (ack,) = [frame for frame in found if frame["type"] == "ack"]
        assert (ack["id"], ack["revision"]) == ("a", 1)
        other.incoming.put_nowait({"type": "websocket.receive", "bytes": b"binary"})
        closed = await other.message()
        assert (closed["type"], closed["code"]) == ("websocket.close", 4505)
        other.incoming.put_nowait({"type": "websocket.disconnect", "code": 4505})
        await other.running
        assert len(server.application.hub) == 0


async def test_without_the_straight_way_a_full_send_holds_nobody_up(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        ann, bob = await server.account("ann"), await server.account("bob")
        room = await server.room(ann, bob)
        stuck = OtherServer(server, room, bob.token, holds=3)
        async with server.connect(room, ann) as quick:
            await eventually(lambda: len(server.application.hub) == 2)
            for _ in range(20):
                last = await say(server, room, "x" * 20_000)
                await quick.until(lambda: quick.seq >= last)  # noqa: B023 (awaited within the turn)
        stuck.incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await stuck.running


async def test_a_server_that_cannot_answer_with_a_status_closes_instead(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        other = OtherServer(server, "room_a", None)
        refused = await other.message()
        assert (refused["type"], refused["code"]) == ("websocket.close", 4500)
        await other.running


@pytest.mark.parametrize("manner", ["close", "abort"])
async def test_a_connection_that_is_over_is_freed_without_the_collector(tmp_path: Path, manner: str) -> None:
    async with serving(tmp_path) as server:
        ann = await server.account("ann")
        room = await server.room(ann)
        gc.disable()
        try:
            async with server.connect(room, ann) as client:
                open_now = server.listener.server_state.connections
                held = [
                    weakref.ref(part)
                    for one in open_now
                    if isinstance(one, FanOutProtocol)
                    for part in (one, one.conn)
                ]
                assert len(held) == 2
                if manner == "abort":
                    client.socket.transport.abort()
            await eventually(lambda: all(part() is None for part in held))
        finally:
            gc.enable()
