"""Rooms by the clock: who is gone, what nobody watches, what nobody needs in memory. The test moves the time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synctv_server.domain.ids import RoomId
from synctv_server.domain.times import MINUTE, SECOND, Millis
from synctv_server.realtime.clock import ServerClock
from tests.support.live import Account, LiveServer, serving
from tests.support.waiting import eventually


class MovedClock:
    """The server's clock, and a span that the test has added."""

    def __init__(self) -> None:
        self._clock = ServerClock()
        self.added: Millis = 0

    def now(self) -> Millis:
        return self._clock.now() + self.added


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def server(tmp_path: Path, clock: MovedClock) -> AsyncIterator[LiveServer]:
    async with serving(tmp_path, clock=clock.now) as live:
        yield live


@pytest.fixture
async def ann(server: LiveServer) -> Account:
    return await server.account("ann")


async def test_who_is_gone_for_ten_seconds_has_left_and_is_back_when_it_returns(
    server: LiveServer, ann: Account, clock: MovedClock
) -> None:
    bob = await server.account("bob")
    room = await server.room(ann, bob)
    async with server.connect(room, ann) as first:
        async with server.connect(room, bob):
            await first.until(lambda: bob.id in first.present)
        await eventually(lambda: len(server.application.hub) == 1)
        server.application.hub.tick()
        assert bob.id in first.present
        clock.added += 11 * SECOND
        await first.event("member.left", lambda frame: frame["user_ids"] == [bob.id])
        assert bob.id not in first.present
        members = await server.call(ann, "GET", f"/rooms/{room}/members")
        present = {member["user"]["id"]: member["present"] for member in members["items"]}
        assert present == {ann.id: True, bob.id: False}


async def test_a_room_that_plays_to_nobody_pauses_after_a_minute(
    server: LiveServer, ann: Account, clock: MovedClock
) -> None:
    room = await server.room(ann)
    film = await server.film(ann, room)
    async with server.connect(room, ann) as client:
        await client.ok("playback.load", media_id=film)
        clock.added += 10 * MINUTE - 30 * SECOND
        await server.application.jobs.run_once()
        assert (await server.call(ann, "GET", f"/rooms/{room}/playback"))["playing"]
    await eventually(lambda: len(server.application.hub) == 0)
    clock.added += 59 * SECOND
    await server.application.jobs.run_once()
    assert (await server.call(ann, "GET", f"/rooms/{room}/playback"))["playing"]
    clock.added += 2 * SECOND
    await server.application.jobs.run_once()
    paused = await server.call(ann, "GET", f"/rooms/{room}/playback")
    assert not paused["playing"]
    assert paused["position"] == pytest.approx(631, abs=5)


async def test_an_empty_room_leaves_memory_and_comes_back_with_another_epoch(
    server: LiveServer, ann: Account, clock: MovedClock
) -> None:
    hub = server.application.hub
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        await client.ok("chat.send", text="hello")
        place = client.place
    await eventually(lambda: len(hub) == 0)
    clock.added += 11 * SECOND
    hub.tick()
    clock.added += 4 * MINUTE
    hub.tick()
    assert hub.count_rooms() == 1
    clock.added += 2 * MINUTE
    hub.tick()
    assert hub.count_rooms() == 0
    clock.added += 6 * MINUTE
    await server.application.jobs.run_once()
    async with server.connect(room, ann, resume=place) as client:
        assert "resumed_from" not in client.welcome
        assert client.welcome["epoch"] != place[1]
        messages = await server.call(ann, "GET", f"/rooms/{room}/messages")
        assert [message["text"] for message in messages["items"]] == ["hello"]


async def test_an_idle_connection_is_closed_with_4002(
    server: LiveServer, ann: Account, clock: MovedClock
) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        clock.added += 301 * SECOND
        assert await client.closed() == 4002


async def test_a_connection_that_is_too_old_is_closed_with_4003(
    server: LiveServer, ann: Account, clock: MovedClock
) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        clock.added += 86_401 * SECOND
        assert await client.closed() == 4003


async def test_the_delay_of_a_room_schedules_its_changes(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    film = await server.film(ann, room)
    async with server.connect(room, ann) as client:
        (session,) = server.application.hub.sessions.values()
        await client.send({"type": "time.ping", "t0": 1, "rtt_ms": 300})
        await client.event("time.pong")
        session.round_trip_ms = 300.0
        assert server.application.hub.delay_of(RoomId(room)) == 150
        await client.ok("playback.load", media_id=film)
        changed = await client.event("playback.changed")
        assert changed["playback"]["effective_at"] - changed["at"] == 225
