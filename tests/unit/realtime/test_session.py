"""One connection: welcome and resume, one answer for each command, the rules for frames, the ways it ends."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from synctv_server.domain.errors import Conflict
from synctv_server.domain.events import (
    MemberJoined,
    MemberLeft,
    PlaybackChanged,
    RoomChanged,
    RoomClosed,
    RoomEvent,
)
from synctv_server.domain.permissions import Control, Override, Permission, Role
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import RoomSettings, RoomStatus
from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.session import Phase
from synctv_server.realtime.statuses import Drift
from tests.unit.realtime.conftest import ROOM, Stage, member_of, tick


def frame(kind: str, frame_id: str = "1", **fields: object) -> str:
    return json.dumps({"type": kind, "id": frame_id, **fields})


async def test_welcome_is_the_first_frame_and_one_piece_with_the_head(stage: Stage) -> None:
    await stage.say("before")
    state = PlaybackState(revision=7, playing=True)
    await stage.log.publish(ROOM, RoomEvent(PlaybackChanged(state), stage.moment))
    _, socket = stage.viewer(role=Role.OWNER)
    await tick()
    (welcome,) = socket.frames
    assert welcome["type"] == "welcome"
    assert welcome["seq"] == 2
    assert welcome["playback"]["revision"] == 7
    assert welcome["epoch"] == stage.log.epoch(ROOM)
    assert "resumed_from" not in welcome
    assert welcome["session_id"].startswith("con_")
    assert welcome["me"]["session"] == "ses_1"
    assert "transfer_room" in welcome["me"]["permissions"]
    assert [member["user"]["id"] for member in welcome["members"]] == ["usr_ann"]


async def test_an_event_of_the_tick_of_the_welcome_is_in_the_snapshot_and_comes_no_more(stage: Stage) -> None:
    _, first = stage.viewer("bob")
    await stage.say("1")
    _, second = stage.viewer("ann")
    await stage.say("2")
    await tick()
    assert second.frames[0]["seq"] == 1
    assert second.seqs() == [2]
    assert first.seqs() == [1, 2]


async def test_who_resumes_gets_what_it_missed_in_order_and_nothing_twice(stage: Stage) -> None:
    for n in range(1, 6):
        await stage.say(str(n))
    _, socket = stage.viewer(resume=2, epoch=stage.log.epoch(ROOM))
    await stage.say("6")
    await tick()
    assert (socket.frames[0]["resumed_from"], socket.frames[0]["seq"]) == (2, 5)
    assert socket.seqs() == [3, 4, 5, 6]


async def test_who_resumes_at_the_head_is_resumed_with_nothing(stage: Stage) -> None:
    await stage.say("1")
    _, socket = stage.viewer(resume=1, epoch=stage.log.epoch(ROOM))
    assert socket.frames[0]["resumed_from"] == 1
    assert socket.seqs() == []


@pytest.mark.parametrize("resume", [0, 5_000])
async def test_a_resume_that_is_not_held_is_told_by_its_absence(stage: Stage, resume: int) -> None:
    for n in range(1_030):
        await stage.say(str(n))
    _, socket = stage.viewer(resume=resume, epoch=stage.log.epoch(ROOM))
    assert "resumed_from" not in socket.frames[0]
    assert socket.seqs() == []


async def test_a_resume_of_another_epoch_is_none(stage: Stage) -> None:
    await stage.say("1")
    _, socket = stage.viewer(resume=0, epoch="other")
    assert "resumed_from" not in socket.frames[0]


async def test_a_long_replay_is_pulled_as_the_socket_drains(stage: Stage) -> None:
    for _ in range(20):
        await stage.say("x" * 40_000)
    _, socket = stage.viewer(resume=0, epoch=stage.log.epoch(ROOM), capacity=1)
    assert socket.seqs() == []
    while stage.live.tiers.count_behind():
        socket.drain(capacity=1)
    assert socket.seqs() == list(range(1, 21))
    assert max(len(data) for data in socket.writes) < 200_000


async def test_each_command_is_answered_once_and_in_order(stage: Stage) -> None:
    session, socket = stage.viewer()
    stage.desk.gate.clear()
    for n in range(5):
        session.receive(frame("playback.pause", str(n)))
    await tick()
    assert len(socket.frames) == 1
    stage.desk.gate.set()
    while stage.tasks:
        await tick()
    await tick()
    assert [(f["type"], f["id"]) for f in socket.frames[1:]] == [("ack", str(n)) for n in range(5)]
    assert stage.desk.done == ["0", "1", "2", "3", "4"]


async def test_a_slow_command_does_not_delay_a_pong(stage: Stage) -> None:
    session, socket = stage.viewer()
    stage.desk.gate.clear()
    session.receive(frame("playback.pause"))
    await tick()
    session.receive(json.dumps({"type": "time.ping", "t0": 1234.5, "rtt_ms": 20}))
    await tick()
    pong = socket.frames[-1]
    assert pong == {"type": "time.pong", "t0": 1234.5, "t1": stage.moment, "t2": stage.moment}
    stage.desk.gate.set()
    while stage.tasks:
        await tick()


async def test_an_error_is_answered_with_its_code_and_the_next_command_goes_on(stage: Stage) -> None:
    session, socket = stage.viewer()
    stage.desk.error = Conflict("no", code="playback.revision")
    session.receive(frame("playback.pause", "a"))
    while stage.tasks:
        await tick()
    stage.desk.error = None
    session.receive(frame("playback.pause", "b"))
    while stage.tasks:
        await tick()
    await tick()
    assert socket.frames[1] == {"type": "error", "id": "a", "code": "playback.revision", "message": "no"}
    assert (socket.frames[2]["type"], socket.frames[2]["id"]) == ("ack", "b")


async def test_a_fault_of_the_program_is_internal_and_says_nothing_of_itself(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    session, socket = stage.viewer()
    stage.desk.error = ZeroDivisionError("secret detail")
    session.receive(frame("playback.pause", "a"))
    while stage.tasks:
        await tick()
    await tick()
    assert socket.frames[-1]["code"] == "internal"
    assert "secret" not in json.dumps(socket.frames)
    assert "secret detail" in caplog.text


async def test_a_frame_that_is_none_is_answered_and_the_connection_lives(stage: Stage) -> None:
    session, socket = stage.viewer()
    for text in ("{", '{"type":"dance","id":"x"}', frame("playback.seek", "y", position=-1)):
        session.receive(text)
    await tick()
    assert [(f["type"], f["id"], f["code"]) for f in socket.frames[1:]] == [
        ("error", None, "invalid"),
        ("error", "x", "invalid"),
        ("error", "y", "invalid"),
    ]
    assert session.phase is Phase.OPEN


async def test_a_binary_frame_ends_the_connection_with_4505(stage: Stage) -> None:
    session, socket = stage.viewer()
    session.receive_binary()
    assert socket.closed_with == 4505


async def test_a_frame_beyond_64_kib_ends_the_connection_with_1009(stage: Stage) -> None:
    session, socket = stage.viewer()
    session.receive(frame("chat.send", text="é" * 33_000))
    assert socket.closed_with == 1009


async def test_beyond_the_rate_frames_are_refused_and_then_it_is_a_flood(stage: Stage) -> None:
    session, socket = stage.viewer()
    for _ in range(100):
        session.receive('{"type":"time.ping","t0":1}')
    session.receive(frame("playback.pause", "late"))
    await tick()
    refused = socket.frames[-1]
    assert (refused["type"], refused["id"], refused["code"]) == ("error", "late", "rate_limited")
    assert refused["retry_after"] > 0
    for _ in range(100):
        session.receive('{"type":"time.ping","t0":1}')
    assert socket.closed_with == 4030


async def test_who_keeps_to_the_rate_is_never_refused(stage: Stage) -> None:
    session, socket = stage.viewer()
    for _ in range(500):
        stage.moment += 20
        session.receive('{"type":"time.ping","t0":1}')
    await tick()
    assert {f["type"] for f in socket.frames[1:]} == {"time.pong"}


async def test_limits_that_are_off_refuse_nothing(stage: Stage) -> None:
    stage.around = replace(stage.around, limits=stage.limits.model_copy(update={"enabled": False}))
    session, socket = stage.viewer()
    for _ in range(400):
        session.receive('{"type":"time.ping","t0":1}')
    await tick()
    assert {f["type"] for f in socket.frames[1:]} == {"time.pong"}


async def test_a_claimed_round_trip_counts_only_as_far_as_the_protocol_bears_it_out(stage: Stage) -> None:
    session, socket = stage.viewer()
    session.receive('{"type":"time.ping","t0":1,"rtt_ms":90000}')
    assert session.round_trip_ms == 2_000
    socket.ping_ms = 10.0
    session.receive('{"type":"time.ping","t0":1,"rtt_ms":90000}')
    assert session.round_trip_ms == 70
    session.receive('{"type":"time.ping","t0":1,"rtt_ms":40}')
    assert stage.live.one_way_delay() == 20


async def test_the_delay_of_a_room_is_the_95th_percentile_of_its_people(stage: Stage) -> None:
    assert stage.live.one_way_delay() == 0
    for n in range(20):
        session, _ = stage.viewer(f"v{n}")
        session.round_trip_ms = 400.0 if n == 0 else 2.0 * n
    assert stage.live.one_way_delay() == 19


async def test_a_changed_permission_is_told_to_its_person_alone(stage: Stage) -> None:
    _, ann = stage.viewer("ann")
    _, bob = stage.viewer("bob")
    await stage.tell_of(member_of("ann", own=Override(deny=Permission.CONTROL_PLAYBACK)))
    await tick()
    told = [f for f in ann.frames if f["type"] == "me.changed"]
    assert len(told) == 1
    assert "control_playback" not in told[0]["me"]["permissions"]
    assert not [f for f in bob.frames if f["type"] == "me.changed"]


async def test_a_changed_preset_changes_what_everybody_may(stage: Stage) -> None:
    session, socket = stage.viewer()
    room = replace(stage.room, version=2, settings=RoomSettings(control=Control.CINEMA))
    await stage.log.publish(ROOM, RoomEvent(RoomChanged(room), stage.moment))
    await tick()
    assert Permission.CONTROL_PLAYBACK not in session.mask
    assert [f["type"] for f in socket.frames[1:]] == ["room.changed", "me.changed"]


async def test_an_older_state_is_passed_on_and_not_applied(stage: Stage) -> None:
    _, socket = stage.viewer()
    for revision in (5, 4):
        state = PlaybackState(revision=revision)
        await stage.log.publish(ROOM, RoomEvent(PlaybackChanged(state), stage.moment))
    await tick()
    assert stage.live.playback.revision == 5
    assert socket.seqs() == [1, 2]


async def test_a_closed_room_tells_and_then_closes_everybody_with_4503(stage: Stage) -> None:
    _, socket = stage.viewer()
    closed = replace(stage.room, version=2, status=RoomStatus.CLOSED)
    await stage.log.publish(ROOM, RoomEvent(RoomClosed(closed), stage.moment))
    assert socket.frames[-1]["type"] == "room.closed"
    assert socket.closed_with == 4503
    await stage.say("nobody hears it")
    await tick()


async def test_a_session_that_is_ended_before_it_is_welcomed_is_never_welcomed(stage: Stage) -> None:
    from tests.unit.realtime.sockets import KeptSocket

    session = stage.session(member_of("ann"))
    session.end(CloseCode.KICKED)
    socket = KeptSocket()
    session.open(socket)
    assert socket.writes == []
    assert socket.closed_with == 4501


async def test_idle_and_lifetime_end_a_connection(stage: Stage) -> None:
    session, _ = stage.viewer()
    assert session.overdue(stage.moment + 300_000) is None
    assert session.overdue(stage.moment + 300_001) is CloseCode.IDLE
    stage.moment += 200_000
    session.receive('{"type":"time.ping","t0":1}')
    assert session.overdue(stage.moment + 200_000) is None
    assert session.overdue(stage.moment + 86_400_000) is CloseCode.LIFETIME_OVER


async def test_a_report_feeds_the_drift_and_tells_the_room_once_a_second(stage: Stage) -> None:
    ann, socket = stage.viewer()
    state = PlaybackState(revision=1, playing=True, position=10.0, effective_at=stage.moment)
    await stage.log.publish(ROOM, RoomEvent(PlaybackChanged(state), stage.moment))
    stage.moment += 2_000
    report = {"position": 11.5, "playing": True, "buffering": False, "revision": 1}
    for _ in range(3):
        ann.receive(json.dumps({"type": "playback.report", **report}))
    stage.live.tick(stage.now())
    stage.live.tick(stage.now())
    await tick()
    statuses = [f for f in socket.frames if f["type"] == "member.status"]
    assert statuses == [
        {"type": "member.status", "members": [{"user_id": "usr_ann", "state": "watching", "behind_ms": 500}]}
    ]
    drift = stage.metrics.playback_drift_seconds
    assert drift._sum.get() == pytest.approx(1.5)
    assert "ack" not in {f["type"] for f in socket.frames}


async def test_a_new_viewer_is_told_how_the_others_stand(stage: Stage) -> None:
    ann, _ = stage.viewer()
    report = {"position": 0, "playing": False, "buffering": True, "revision": 0, "drift_ms": -120}
    ann.receive(json.dumps({"type": "playback.report", **report}))
    _, bob = stage.viewer("bob")
    assert bob.frames[-1]["members"] == [{"user_id": "usr_ann", "state": "buffering", "behind_ms": 100}]


async def test_people_who_are_told_to_be_here_are_in_the_welcome_until_they_are_told_to_be_gone(
    stage: Stage,
) -> None:
    await stage.log.publish(ROOM, RoomEvent(MemberJoined((member_of("eve"),)), stage.moment))
    _, socket = stage.viewer()
    assert {m["user"]["id"] for m in socket.frames[0]["members"]} == {"usr_ann", "usr_eve"}
    assert all(m["present"] for m in socket.frames[0]["members"])
    await stage.log.publish(ROOM, RoomEvent(MemberLeft((member_of("eve").person.id,)), stage.moment))
    _, later = stage.viewer("bob")
    assert {m["user"]["id"] for m in later.frames[0]["members"]} == {"usr_bob"}


async def test_who_may_not_see_the_members_is_shown_none(stage: Stage) -> None:
    _, socket = stage.viewer(own=Override(deny=Permission.VIEW_MEMBERS))
    assert socket.frames[0]["members"] == []


@pytest.mark.parametrize("lie", [{"drift_ms": 1e300}, {"drift_ms": -1e300}, {"position": 1e308}])
async def test_a_report_of_nonsense_is_a_number_that_others_can_bear(
    stage: Stage, lie: dict[str, float]
) -> None:
    ann, _ = stage.viewer()
    _, bob = stage.viewer("bob")
    report = {"position": 0, "playing": True, "buffering": False, "revision": 0}
    ann.receive(json.dumps({"type": "playback.report", **report, **lie}))
    stage.live.tick(stage.now())
    await tick()
    (status,) = [f for f in bob.frames if f["type"] == "member.status"]
    assert [abs(member["behind_ms"]) for member in status["members"]] == [86_400_000]
    assert stage.metrics.playback_drift_seconds._sum.get() == 86_400


async def test_a_report_about_another_revision_says_nothing_of_the_drift(stage: Stage) -> None:
    ann, _ = stage.viewer()
    report = {"position": 0, "playing": True, "buffering": False, "revision": 10**30, "drift_ms": 900}
    ann.receive(json.dumps({"type": "playback.report", **report}))
    assert stage.live.statuses.drift() is None
    assert stage.metrics.playback_drift_seconds._sum.get() == 0


async def test_the_drift_of_a_room_is_of_those_whose_players_run(stage: Stage) -> None:
    report = {"position": 0, "playing": True, "buffering": False, "revision": 0}
    viewers = [stage.viewer(f"user{n}")[0] for n in range(20)]
    for n, viewer in enumerate(viewers):
        viewer.receive(json.dumps({"type": "playback.report", **report, "drift_ms": -(n + 1)}))
    assert stage.live.statuses.drift() == Drift(20, 10.0, 19.0)
    for viewer in viewers[1:]:
        viewer.receive(json.dumps({"type": "playback.report", **report, "buffering": True}))
    assert stage.live.statuses.drift() == Drift(1, 1.0, 1.0)
    stage.live.statuses.forget(viewers[0].member.person.id)
    assert stage.live.statuses.drift() is None
