"""Two and more people in a room, over real sockets, by the independent client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from synctv_server.domain.ids import RoomId
from synctv_server.domain.users import SiteRole
from tests.support.live import Account, LiveServer, serving


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with serving(tmp_path) as live:
        yield live


@pytest.fixture
async def ann(server: LiveServer) -> Account:
    return await server.account("ann")


@pytest.fixture
async def bob(server: LiveServer) -> Account:
    return await server.account("bob")


async def test_two_people_see_the_same_picture_and_talk(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    film = await server.film(ann, room)
    async with server.connect(room, ann) as first, server.connect(room, bob) as second:
        loaded = await first.ok("playback.load", media_id=film, playing=True)
        await second.until(lambda: second.seq >= loaded["seq"])
        assert second.playback == first.playback
        assert (second.playback["media_id"], second.playback["playing"]) == (film, True)
        assert second.playback["revision"] == loaded["revision"]
        sought = await second.ok("playback.seek", position=61.5)
        await first.until(lambda: first.playback["revision"] == sought["revision"])
        assert first.playback["position"] == 61.5
        sent = await first.ok("chat.send", text="hello")
        heard = await second.event("chat.sent")
        assert heard["message"]["text"] == "hello"
        assert heard["message"]["id"] == sent["message_id"]
        assert heard["message"]["user"] == {"id": ann.id, "name": "ann"} == heard["actor"]
        # In one batch or in two: a slow machine may take longer than a batch between the connections.
        await first.until(lambda: first.present.keys() == {ann.id, bob.id})
        assert first.events("member.joined")


async def test_a_scheduled_change_lies_ahead_and_a_pause_does_not(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    film = await server.film(ann, room)
    async with server.connect(room, ann) as client:
        await client.ok("playback.load", media_id=film)
        loaded = await client.event("playback.changed", lambda f: f["playback"]["playing"])
        assert 50 <= loaded["playback"]["effective_at"] - loaded["at"] <= 400
        await client.ok("playback.pause")
        paused = await client.event("playback.changed", lambda f: not f["playback"]["playing"])
        assert paused["playback"]["effective_at"] == paused["at"]


async def test_a_command_that_changes_nothing_has_no_event(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    film = await server.film(ann, room)
    async with server.connect(room, ann) as client:
        await client.ok("playback.load", media_id=film, playing=False)
        before = client.playback["revision"]
        answer = await client.ok("playback.pause")
        assert answer["revision"] == before
        assert "seq" not in answer


async def test_a_revision_that_is_over_is_a_conflict(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    film = await server.film(ann, room)
    async with server.connect(room, ann) as client:
        await client.ok("playback.load", media_id=film)
        answer = await client.command("playback.pause", if_revision=0)
        assert (answer["type"], answer["code"].split(".")[0]) == ("error", "playback")


async def test_fifty_commands_at_once_over_both_doors_have_one_order(server: LiveServer) -> None:
    people = [await server.account(f"user{n}") for n in range(10)]
    room = await server.room(*people)
    film = await server.film(people[0], room)
    clients = [server.connect(room, person) for person in people]
    for client in clients:
        await client.__aenter__()
    await clients[0].ok("playback.load", media_id=film)
    seeks = [
        clients[n % 10].command("playback.seek", position=float(n + 1))
        if n % 2
        else server.call(people[n % 10], "POST", f"/rooms/{room}/playback/seek", {"position": float(n + 1)})
        for n in range(50)
    ]
    answers = await asyncio.gather(*seeks)
    assert len(answers) == 50
    assert all(answer.get("type", "ack") == "ack" for answer in answers)
    revisions = sorted(answer["revision"] for answer in answers)
    assert revisions == list(range(2, 52))
    for client in clients:
        await client.until(lambda client=client: client.playback["revision"] == 51)  # type: ignore[misc]
        assert client.playback == clients[0].playback
        assert client.seq == clients[0].seq
    assert (await server.call(people[0], "GET", f"/rooms/{room}/playback"))["revision"] == 51
    for client in clients:
        await client.__aexit__()


async def test_who_was_cut_off_and_resumes_sees_every_event_once(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    async with server.connect(room, ann) as first:
        async with server.connect(room, bob) as cut:
            await first.ok("chat.send", text="1")
            await cut.until(lambda: cut.said() == ["1"])
            place = cut.place
            cut.socket.transport.abort()
        for n in range(2, 8):
            await first.ok("chat.send", text=str(n))
        async with server.connect(room, bob, resume=place) as back:
            assert back.welcome["resumed_from"] == place[0]
            await back.until(lambda: back.seq >= first.seq)
            assert [f["message"]["text"] for f in back.events("chat.sent")] == [str(n) for n in range(2, 8)]


@pytest.mark.parametrize(
    ("resume", "epoch"), [(0, "another"), ("three", ""), (-1, ""), ("9" * 40, ""), (0, "é\n&=")]
)
async def test_a_place_that_was_never_in_this_log_is_no_resume(
    server: LiveServer, ann: Account, resume: object, epoch: str
) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann, resume=(resume, epoch)) as client:
        assert "resumed_from" not in client.welcome


async def test_the_same_nonce_is_the_same_message(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        first = await client.ok("chat.send", text="once", nonce="n1")
        again = await client.ok("chat.send", text="once", nonce="n1")
        other = await client.command("chat.send", text="twice", nonce="n1")
        assert first["message_id"] == again["message_id"]
        assert other["type"] == "error"
        assert client.said() == ["once"]


async def test_frames_that_are_none_are_answered_and_the_connection_goes_on(
    server: LiveServer, ann: Account
) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        for text in ("{", "[1]", '{"type":"dance","id":"a"}', '{"type":"chat.send","id":"b","text":7}'):
            await client.send(text)
        await client.until(lambda: len([f for f in client.frames if f["type"] == "error"]) == 4)
        errors = [f for f in client.frames if f["type"] == "error"]
        assert [(f["id"], f["code"]) for f in errors] == [
            (None, "invalid"),
            (None, "invalid"),
            ("a", "invalid"),
            ("b", "invalid"),
        ]
        too_long = await client.command("chat.send", text="x" * 10_000)
        assert too_long["code"] == "invalid"
        await client.ok("chat.send", text="still here")


@pytest.mark.parametrize(
    ("frame", "code"), [(b"binary", 4505), ("x" * 1_048_576, 1009), ("x" * 65_537, 1009)]
)
async def test_frames_that_end_the_connection(
    server: LiveServer, ann: Account, frame: str | bytes, code: int
) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        await client.send(frame)
        assert await client.closed() == code


async def test_a_bad_byte_is_1007_and_a_broken_frame_1002(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    for data, code in (
        (bytes([0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28]), 1007),
        (bytes([0xF1, 0x80, 0, 0, 0, 0]), 1002),
    ):
        async with server.connect(room, ann) as client:
            client.socket.transport.write(data)
            assert await client.closed() == code


async def test_the_clock_is_answered_and_a_report_is_not(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        await client.send(
            {"type": "playback.report", "position": 0, "playing": False, "buffering": True, "revision": 0}
        )
        await client.send({"type": "time.ping", "t0": 17, "rtt_ms": 3.5})
        pong = await client.event("time.pong")
        assert pong["t0"] == 17
        assert client.welcome["server_time"] <= pong["t1"] <= pong["t2"]
        status = await client.event("member.status")
        assert status["members"][0]["state"] == "buffering"
        assert not [f for f in client.frames if f["type"] in ("ack", "error")]


async def test_an_administrator_sees_the_drift_of_a_room(server: LiveServer, ann: Account) -> None:
    root = await server.account("root", SiteRole.ROOT)
    room = await server.room(ann)
    assert (await server.call(root, "GET", f"/admin/rooms/{room}"))["drift"] is None
    async with server.connect(room, ann) as client:
        report = {"position": 0, "playing": True, "buffering": False, "revision": 0, "drift_ms": -31.25}
        await client.send({"type": "playback.report", **report})
        await client.event("member.status")
        shown = await server.call(root, "GET", f"/admin/rooms/{room}")
        assert shown["drift"] == {"viewers": 1, "p50_ms": 31.2, "p95_ms": 31.2}
    page = server.application.metrics.render().decode()
    assert 'synctv_playback_drift_seconds_bucket{le="0.04"} 1.0' in page


async def test_a_viewer_without_permission_cannot_seek(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob, settings={"control": "cinema"})
    async with server.connect(room, bob) as client:
        answer = await client.command("playback.seek", position=3)
        assert (answer["type"], answer["code"]) == ("error", "room.no_permission")
        assert "control_playback" not in client.welcome["me"]["permissions"]


async def test_who_may_not_see_the_members_gets_hidden_under_the_same_numbers(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    await server.call(ann, "PATCH", f"/rooms/{room}/members/{bob.id}", {"deny": ["view_members"]})
    async with server.connect(room, ann) as seeing, server.connect(room, bob) as blind:
        assert blind.welcome["members"] == []
        await seeing.event("member.joined", lambda f: bob.id in {m["user"]["id"] for m in f["members"]})
        await blind.event("hidden")
        await seeing.ok("chat.send", text="hello")
        await blind.until(lambda: blind.seq == seeing.seq)
        assert not blind.events("member.joined")


async def test_thirty_who_come_at_once_are_told_in_a_few_events(server: LiveServer) -> None:
    owner = await server.account("owner")
    room = await server.room(owner)
    people = [await server.account(f"viewer{n}") for n in range(30)]
    for person in people:
        await server.application.parts.members.join(await _actor(server, person), RoomId(room))
    async with server.connect(room, owner) as first:
        clients = [server.connect(room, person) for person in people]
        await asyncio.gather(*(client.__aenter__() for client in clients))
        everyone = {owner.id, *(person.id for person in people)}
        for client in (first, *clients):
            await client.until(lambda client=client: set(client.present) == everyone)  # type: ignore[misc]
        assert len(first.events("member.joined")) < 15
        await asyncio.gather(*(client.__aexit__() for client in clients))


async def _actor(server: LiveServer, who: Account):  # type: ignore[no-untyped-def]
    return await server.application.parts.sessions.authenticate(who.token)


async def refused(server: LiveServer, room: str, **options: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as found:
        await server.connect(room, **options).__aenter__()  # type: ignore[arg-type]
    return found.value


async def test_a_refused_handshake_is_no_error_of_the_server(
    server: LiveServer, ann: Account, bob: Account, caplog: pytest.LogCaptureFixture
) -> None:
    room = await server.room(ann)
    assert (await refused(server, room, who=bob)).response.status_code == 403
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_refused_handshake_is_a_status_with_a_problem(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann)
    cases: list[tuple[int, str, dict[str, Any]]] = [
        (401, "unauthenticated", {}),
        (401, "ticket.invalid", {"ticket": "none"}),
        (403, "room.not_member", {"who": bob}),
    ]
    for status, code, options in cases:
        error = await refused(server, room, **options)
        assert error.response.status_code == status
        problem = json.loads(error.response.body or b"")
        assert (problem["status"], problem["code"]) == (status, code)
        assert error.response.headers["Content-Type"] == "application/problem+json"
    assert (await refused(server, "room_00000000000000000000000000", who=ann)).response.status_code == 404


async def test_a_ticket_opens_one_socket_of_its_room_once(server: LiveServer, ann: Account) -> None:
    room, other = await server.room(ann), await server.room(ann)
    ticket = (await server.call(ann, "POST", f"/rooms/{room}/tickets"))["ticket"]
    async with server.connect(room, ticket=ticket) as client:
        assert client.welcome["me"]["user"]["id"] == ann.id
    assert (await refused(server, room, ticket=ticket)).response.status_code == 401
    foreign = (await server.call(ann, "POST", f"/rooms/{other}/tickets"))["ticket"]
    assert (await refused(server, room, ticket=foreign)).response.status_code == 401


async def test_a_sixth_connection_of_one_person_is_refused_with_429(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    clients = [server.connect(room, ann) for _ in range(5)]
    for client in clients:
        await client.__aenter__()
    error = await refused(server, room, who=ann)
    assert error.response.status_code == 429
    assert int(error.response.headers["Retry-After"]) > 0
    await server.call(ann, "POST", f"/rooms/{room}/tickets", status=429)
    await clients[0].__aexit__()
    async with server.connect(room, ann):
        pass
    for client in clients[1:]:
        await client.__aexit__()


async def test_a_closed_room_refuses_and_closes_and_comes_back(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    async with server.connect(room, bob) as client:
        await server.call(ann, "PATCH", f"/rooms/{room}", {"status": "closed"})
        assert await client.closed() == 4503
        assert client.frames[-1]["type"] == "room.closed"
    assert (await refused(server, room, who=bob)).response.status_code == 409
    await server.call(ann, "PATCH", f"/rooms/{room}", {"status": "active"})
    async with server.connect(room, bob) as client:
        assert client.room["status"] == "active"


async def test_a_kick_closes_with_4501_and_a_ban_with_4502(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    async with server.connect(room, bob) as client:
        await server.call(ann, "DELETE", f"/rooms/{room}/members/{bob.id}")
        assert await client.closed() == 4501
    await server.call(bob, "POST", f"/rooms/{room}/join", {})
    async with server.connect(room, bob) as client:
        await server.call(ann, "POST", f"/rooms/{room}/bans", {"user_id": bob.id, "reason": "noise"})
        assert await client.closed() == 4502
    assert (await refused(server, room, who=bob)).response.status_code == 403


async def test_who_leaves_is_closed_with_4504(server: LiveServer, ann: Account, bob: Account) -> None:
    room = await server.room(ann, bob)
    async with server.connect(room, bob) as client:
        await server.call(bob, "POST", f"/rooms/{room}/leave")
        assert await client.closed() == 4504


async def test_a_deleted_room_closes_with_4503(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        await server.call(ann, "DELETE", f"/rooms/{room}")
        assert await client.closed() == 4503


async def test_signing_out_closes_with_4500(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        session = client.welcome["me"]["session"]
        await server.call(ann, "DELETE", f"/me/sessions/{session}")
        assert await client.closed() == 4500
    assert (await refused(server, room, who=ann)).response.status_code == 401


async def test_a_changed_permission_reaches_the_socket(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    async with server.connect(room, bob) as client:
        await server.call(ann, "PATCH", f"/rooms/{room}/members/{bob.id}", {"deny": ["send_chat"]})
        told = await client.event("me.changed")
        assert "send_chat" not in told["me"]["permissions"]
        answer = await client.command("chat.send", text="hello")
        assert answer["code"] == "room.no_permission"


async def test_a_drain_tells_when_to_come_back_and_closes_with_4000(
    server: LiveServer, ann: Account, bob: Account
) -> None:
    room = await server.room(ann, bob)
    async with server.connect(room, ann) as client:
        await server.application.drain()
        assert await client.closed() == 4000
        away = client.frames[-1]
        assert away["type"] == "going_away"
        assert 0 <= away["retry_after_ms"] <= 10_000
    assert (await refused(server, room, who=bob)).response.status_code == 503


async def test_chat_beyond_ten_a_second_is_refused(server: LiveServer, ann: Account) -> None:
    room = await server.room(ann)
    async with server.connect(room, ann) as client:
        answers = await asyncio.gather(*(client.command("chat.send", text=str(n)) for n in range(30)))
        refusals = [answer for answer in answers if answer["type"] == "error"]
        assert refusals
        assert all(answer["code"] == "rate_limited" and answer["retry_after"] > 0 for answer in refusals)


async def test_there_is_a_socket_at_the_rooms_path_alone(server: LiveServer, ann: Account) -> None:
    await server.call(ann, "GET", "/rooms/room_a/ws", status=404)
    for path in ("/", "/api/v1/rooms", "/api/v1/rooms/a/b/ws", "/health/live"):
        with pytest.raises(InvalidStatus) as found:
            await connect(server.base.replace("http", "ws", 1) + path, proxy=None)
        assert found.value.response.status_code == 404
