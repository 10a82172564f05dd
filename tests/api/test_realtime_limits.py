"""What ends or refuses a connection: too many of them, a reader that crawls, a word from elsewhere."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.exceptions import InvalidStatus

from synctv_server.api.ws.protocol import FanOutProtocol
from synctv_server.domain.ids import RoomId
from synctv_server.supervisor.listeners import public_listener
from tests.api.test_realtime_delivery import say
from tests.support.client import RoomClient
from tests.support.frames.raw import RawSocket
from tests.support.live import Account, LiveServer, serving
from tests.support.waiting import eventually

WITHIN_SECONDS = 1.0


@pytest.mark.parametrize(
    ("bounded", "is_bob", "is_elsewhere", "status", "code"),
    [
        (("user",), False, False, 429, "connections.too_many"),
        (("user", "room"), True, False, 409, "room.full"),
        (("user", "room", "total"), True, True, 503, "unavailable"),
    ],
    ids=["user", "room", "total"],
)
async def test_one_connection_too_many_is_refused_until_another_has_gone(
    tmp_path: Path, *, bounded: tuple[str, ...], is_bob: bool, is_elsewhere: bool, status: int, code: str
) -> None:
    names = {"user": "per_user", "room": "per_room", "total": "total"}
    limits: dict[str, Any] = {f"limits__connections_{names[bound]}": 2 for bound in bounded}
    async with serving(tmp_path, **limits) as server:
        ann, bob = await server.account("ann"), await server.account("bob")
        room = await server.room(ann, bob)
        last = await server.room(ann, bob) if is_elsewhere else room
        who = bob if is_bob else ann
        async with server.connect(room, ann):
            async with server.connect(room, ann):
                with pytest.raises(InvalidStatus) as refused:
                    await server.connect(last, who).__aenter__()
                assert refused.value.response.status_code == status
                assert json.loads(refused.value.response.body or b"")["code"] == code
            await eventually(lambda: len(server.application.hub) == 1)
            async with server.connect(last, who) as client:
                assert client.welcome["room"]["id"] == last


def test_a_half_open_connection_is_gone_in_35_seconds() -> None:
    config = public_listener(None, FanOutProtocol, 1).config
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (15, 20)


async def test_who_reads_a_byte_now_and_then_is_dropped_with_4001(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__send_timeout_seconds=0.5) as server:
        ann, bob = await server.account("ann"), await server.account("bob")
        room = await server.room(ann, bob)
        hub = server.application.hub
        dropped = server.application.metrics.outbox_dropped_total.labels(reason="stalled")
        async with server.connect(room, ann) as quick, RawSocket(server.base, room, bob.token) as slow:
            await eventually(lambda: len(hub) == 2)
            transport = cast("asyncio.Transport", slow.writer.transport)
            transport.pause_reading()
            crawling = transport.get_extra_info("socket")
            live = await hub.live_room(RoomId(room))
            while not live.tiers.count_behind():
                await say(server, room, "x" * 20_000)
                await asyncio.sleep(0)
            await eventually(lambda: bool(os.read(crawling.fileno(), 1)) and dropped._value.get() == 1)
            last = await say(server, room, "the rest goes on")
            await quick.until(lambda: quick.seq == last)


async def kick(server: LiveServer, room: str, ann: Account, bob: Account) -> None:
    await server.call(ann, "DELETE", f"/rooms/{room}/members/{bob.id}")


async def ban(server: LiveServer, room: str, ann: Account, bob: Account) -> None:
    await server.call(ann, "POST", f"/rooms/{room}/bans", {"user_id": bob.id, "reason": "noise"})


async def sign_out(server: LiveServer, room: str, ann: Account, bob: Account) -> None:
    (session,) = (await server.call(bob, "GET", "/me/sessions"))["items"]
    await server.call(bob, "DELETE", f"/me/sessions/{session['id']}")


async def close(server: LiveServer, room: str, ann: Account, bob: Account) -> None:
    await server.call(ann, "PATCH", f"/rooms/{room}", {"status": "closed"})


async def mute(server: LiveServer, room: str, ann: Account, bob: Account) -> None:
    await server.call(ann, "PATCH", f"/rooms/{room}/members/{bob.id}", {"deny": ["send_chat"]})


Act = Callable[[LiveServer, str, Account, Account], Awaitable[None]]


@pytest.mark.parametrize(
    ("act", "code"), [(kick, 4501), (ban, 4502), (sign_out, 4500), (close, 4503), (mute, None)]
)
async def test_what_happens_to_a_person_reaches_all_of_their_sockets_within_a_second(
    tmp_path: Path, act: Act, code: int | None
) -> None:
    async with serving(tmp_path) as server:
        ann, bob = await server.account("ann"), await server.account("bob")
        room = await server.room(ann, bob)
        async with server.connect(room, bob) as phone, server.connect(room, bob) as laptop:
            await act(server, room, ann, bob)
            async with asyncio.timeout(WITHIN_SECONDS):
                await asyncio.gather(*(is_told(client, code) for client in (phone, laptop)))


async def is_told(client: RoomClient, code: int | None) -> None:
    if code is None:
        told = await client.event("me.changed")
        assert "send_chat" not in told["me"]["permissions"]
    else:
        assert await client.closed() == code
