"""Delivery: encoded once, written once, in order, and a slow viewer costs the others nothing."""

from __future__ import annotations

from synctv_server.domain.ids import SessionId
from synctv_server.domain.permissions import Override, Permission
from synctv_server.realtime.wire import GoingAway
from tests.unit.realtime.conftest import ROOM, Stage, member_of, tick

BLIND = Override(deny=Permission.VIEW_MEMBERS)


async def test_an_event_for_200_viewers_is_encoded_and_framed_once(stage: Stage) -> None:
    sockets = [stage.viewer(f"v{n}")[1] for n in range(200)]
    for socket in sockets:
        socket.writes.clear()
    stage.encoded = stage.framed = 0
    await stage.say("hello")
    await tick()
    assert (stage.encoded, stage.framed) == (1, 1)
    first = sockets[0].writes[0]
    assert all(len(socket.writes) == 1 and socket.writes[0] is first for socket in sockets)


async def test_all_that_one_tick_brings_is_one_write(stage: Stage) -> None:
    _, socket = stage.viewer()
    _, other = stage.viewer("bob")
    before = len(socket.writes)
    for n in range(4):
        await stage.say(str(n))
    await tick()
    assert len(socket.writes) == before + 1
    assert socket.writes[-1] is other.writes[-1]
    assert socket.seqs() == [1, 2, 3, 4]


async def test_own_answers_come_behind_the_batch_in_the_same_write(stage: Stage) -> None:
    session, socket = stage.viewer()
    before = len(socket.writes)
    session.receive('{"type":"time.ping","t0":1}')
    await stage.say("hello")
    await tick()
    assert len(socket.writes) == before + 1
    assert [frame["type"] for frame in socket.frames[-2:]] == ["chat.sent", "time.pong"]


async def test_what_a_viewer_may_not_see_is_hidden_under_the_same_number(stage: Stage) -> None:
    _, socket = stage.viewer()
    _, blind = stage.viewer("bob", own=BLIND)
    await stage.say("hello")
    await stage.tell_of(member_of("eve"))
    await tick()
    assert [frame["type"] for frame in socket.frames[1:]] == ["chat.sent", "member.changed"]
    assert blind.frames[1:] == [socket.frames[1], {"type": "hidden", "seq": 2}]


async def test_a_viewer_who_is_full_is_passed_over_and_catches_up_in_order(stage: Stage) -> None:
    _, quick = stage.viewer()
    _, slow = stage.viewer("bob", capacity=2)
    await stage.say("1")
    await tick()
    for n in range(2, 6):
        await stage.say(str(n))
        await tick()
    assert slow.seqs() == [1]
    assert quick.seqs() == [1, 2, 3, 4, 5]
    assert stage.live.tiers.count_behind() == 1
    slow.drain()
    assert slow.seqs() == [1, 2, 3, 4, 5]
    await stage.say("6")
    await tick()
    assert slow.seqs() == quick.seqs() == [1, 2, 3, 4, 5, 6]
    assert stage.live.tiers.count_behind() == 0


async def test_who_drains_in_the_middle_of_a_tick_gets_nothing_twice(stage: Stage) -> None:
    _, slow = stage.viewer(capacity=2)
    await stage.say("1")
    await tick()
    await stage.say("2")
    await tick()
    await stage.say("3")
    slow.drain()
    await tick()
    assert slow.seqs() == [1, 2, 3]


async def test_answers_of_a_full_viewer_wait_and_come_after_what_it_missed(stage: Stage) -> None:
    session, slow = stage.viewer(capacity=2)
    await stage.say("1")
    await tick()
    session.receive('{"type":"time.ping","t0":1}')
    await stage.say("2")
    await tick()
    slow.drain()
    assert [frame["type"] for frame in slow.frames[1:]] == ["chat.sent", "chat.sent", "time.pong"]


async def test_a_hidden_event_stays_hidden_for_who_catches_up(stage: Stage) -> None:
    _, slow = stage.viewer(own=BLIND, capacity=2)
    await stage.say("1")
    await tick()
    await stage.tell_of(member_of("eve"))
    await tick()
    slow.drain()
    assert slow.frames[-1] == {"type": "hidden", "seq": 2}


async def test_a_viewer_too_many_messages_behind_is_dropped_with_4001(stage: Stage) -> None:
    _, quick = stage.viewer()
    _, slow = stage.viewer("bob", capacity=2)
    for n in range(stage.limits.outbox_messages + 2):
        await stage.say(str(n))
        await tick()
    assert slow.closed_with == 4001
    assert quick.seqs() == list(range(1, stage.limits.outbox_messages + 3))
    assert stage.metrics.outbox_dropped_total.labels(reason="messages")._value.get() == 1


async def test_a_viewer_too_many_bytes_behind_is_dropped_with_4001(stage: Stage) -> None:
    _, slow = stage.viewer("bob", capacity=2)
    for _ in range(12):
        await stage.say("x" * 120_000)
        await tick()
    assert slow.closed_with == 4001


async def test_a_viewer_that_takes_nothing_for_five_seconds_is_dropped(stage: Stage) -> None:
    _, slow = stage.viewer(capacity=2)
    await stage.say("1")
    await tick()
    stage.live.tick(stage.now())
    stage.moment += 5_000
    stage.live.tick(stage.now())
    assert slow.closed_with is None
    stage.moment += 1
    stage.live.tick(stage.now())
    assert slow.closed_with == 4001


async def test_who_was_dropped_is_told_once_when_it_comes_back(stage: Stage) -> None:
    session, slow = stage.viewer(capacity=1)
    for _ in range(stage.limits.outbox_messages + 1):
        session.answer(GoingAway(0))
    assert slow.closed_with == 4001
    session.closed()
    told = [stage.viewer()[1].frames[0].get("dropped_for") for _ in range(2)]
    assert told == ["too_slow", None]


async def test_who_comes_back_much_later_is_told_nothing_of_it(stage: Stage) -> None:
    dropped = stage.around.dropped
    dropped.note(ROOM, SessionId("ses_1"))
    stage.moment += 600_001
    assert "dropped_for" not in stage.viewer()[1].frames[0]
    dropped.note(ROOM, SessionId("ses_1"))
    stage.moment += 600_001
    dropped.sweep()
    stage.moment -= 600_001
    assert "dropped_for" not in stage.viewer()[1].frames[0]


async def test_a_viewer_that_takes_a_little_now_and_then_stays(stage: Stage) -> None:
    _, slow = stage.viewer(capacity=2)
    for n in range(20):
        await stage.say(str(n))
        await tick()
        stage.moment += 3_000
        stage.live.tick(stage.now())
        slow.drain(capacity=1)
    slow.drain()
    assert slow.closed_with is None
    assert slow.seqs() == list(range(1, 21))


async def test_answers_that_nobody_reads_have_a_bound(stage: Stage) -> None:
    session, slow = stage.viewer(capacity=1)
    stage.limits = stage.limits
    for _ in range(stage.limits.outbox_messages + 1):
        stage.moment += 100
        session.receive('{"type":"time.ping","t0":1}')
    assert slow.closed_with == 4001


async def test_a_socket_that_fails_costs_the_others_nothing(stage: Stage) -> None:
    _, first = stage.viewer()
    _, broken = stage.viewer("bob")
    _, last = stage.viewer("eve")
    broken.is_gone = True
    await stage.say("hello")
    await tick()
    assert first.seqs() == last.seqs() == [1]


async def test_a_viewer_whose_sight_changes_sees_by_it_from_then_on(stage: Stage) -> None:
    _, socket = stage.viewer()
    await stage.tell_of(member_of("eve"))
    await stage.tell_of(member_of("ann", own=BLIND))
    await stage.tell_of(member_of("eve"))
    await stage.tell_of(member_of("ann"))
    await stage.tell_of(member_of("eve"))
    await tick()
    numbered = [frame["type"] for frame in socket.frames if "seq" in frame][1:]
    assert numbered == ["member.changed", "hidden", "hidden", "member.changed", "member.changed"]
    assert socket.seqs() == [1, 2, 3, 4, 5]
