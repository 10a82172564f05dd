"""The contract of RoomLog, over every implementation."""

from __future__ import annotations

import asyncio

from synctv_server.cluster.room_log import RING_AGE, RING_BYTES, RING_EVENTS, LogEntry, RoomLog
from synctv_server.domain.events import ChatDeleted, RoomEvent
from synctv_server.domain.ids import MessageId, RoomId
from tests.contract.conftest import Clock

ROOM = RoomId("room_a")
OTHER = RoomId("room_b")


def event(name: str = "msg_x") -> RoomEvent:
    return RoomEvent(ChatDeleted(MessageId(name)), at=1)


async def test_events_of_a_room_are_numbered_from_one_without_gaps(room_log: RoomLog) -> None:
    assert [await room_log.publish(ROOM, event()) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert await room_log.publish(OTHER, event()) == 1
    assert room_log.head(ROOM) == 5


async def test_publishers_at_one_moment_get_different_numbers_and_one_order(room_log: RoomLog) -> None:
    heard: list[int] = []
    await room_log.follow(ROOM, lambda entry: heard.append(entry.seq))
    numbers = await asyncio.gather(*(room_log.publish(ROOM, event()) for _ in range(50)))
    assert sorted(numbers) == list(range(1, 51))
    assert heard == list(range(1, 51))


async def test_a_follower_gets_what_was_published_before_publish_returns(room_log: RoomLog) -> None:
    heard: list[LogEntry] = []
    await room_log.follow(ROOM, heard.append)
    seq = await room_log.publish(ROOM, event("msg_1"))
    assert [(entry.seq, entry.event) for entry in heard] == [(seq, event("msg_1"))]


async def test_the_frame_carries_the_number_and_is_one_object_for_all(room_log: RoomLog) -> None:
    first: list[LogEntry] = []
    second: list[LogEntry] = []
    await room_log.follow(ROOM, first.append)
    await room_log.follow(ROOM, second.append)
    await room_log.publish(ROOM, event("msg_1"))
    assert first[0].frame == b'1 {"id":"msg_1"}'
    assert first[0].frame is second[0].frame
    held = room_log.since(ROOM, 0)
    assert held is not None
    assert held[0].frame is first[0].frame


async def test_a_follower_of_one_room_hears_nothing_of_another(room_log: RoomLog) -> None:
    heard: list[LogEntry] = []
    await room_log.follow(ROOM, heard.append)
    await room_log.publish(OTHER, event())
    assert heard == []


async def test_who_no_longer_follows_hears_nothing(room_log: RoomLog) -> None:
    heard: list[LogEntry] = []
    unfollow = await room_log.follow(ROOM, heard.append)
    unfollow()
    unfollow()
    await room_log.publish(ROOM, event())
    assert heard == []


async def test_since_gives_what_came_after_in_order(room_log: RoomLog) -> None:
    for _ in range(4):
        await room_log.publish(ROOM, event())
    assert [entry.seq for entry in room_log.since(ROOM, 2) or ()] == [3, 4]
    assert room_log.since(ROOM, 4) == []


async def test_since_a_number_that_was_never_given_is_not_held(room_log: RoomLog) -> None:
    await room_log.publish(ROOM, event())
    assert room_log.since(ROOM, 2) is None
    assert room_log.since(ROOM, -1) is None


async def test_the_ring_holds_so_many_events_and_no_more(room_log: RoomLog) -> None:
    for _ in range(RING_EVENTS + 3):
        await room_log.publish(ROOM, event())
    assert room_log.since(ROOM, 2) is None
    assert len(room_log.since(ROOM, 3) or ()) == RING_EVENTS


async def test_the_ring_holds_so_many_bytes_and_no_more(room_log: RoomLog) -> None:
    large = event("m" * (RING_BYTES // 4))
    for _ in range(6):
        await room_log.publish(ROOM, large)
    held = [seq for seq in range(6) if room_log.since(ROOM, seq) is not None]
    assert held == [3, 4, 5]


async def test_what_is_too_old_is_no_longer_held_and_the_number_goes_on(
    room_log: RoomLog, clock: Clock
) -> None:
    await room_log.follow(ROOM, lambda _: None)
    epoch = room_log.epoch(ROOM)
    await room_log.publish(ROOM, event())
    clock.go(RING_AGE + 1)
    assert room_log.since(ROOM, 0) is None
    assert room_log.since(ROOM, 1) == []
    room_log.sweep()
    assert await room_log.publish(ROOM, event()) == 2
    assert room_log.epoch(ROOM) == epoch


async def test_a_log_that_nobody_follows_or_writes_comes_back_with_another_epoch(
    room_log: RoomLog, clock: Clock
) -> None:
    await room_log.publish(ROOM, event())
    epoch = room_log.epoch(ROOM)
    clock.go(RING_AGE + 1)
    room_log.sweep()
    assert room_log.epoch(ROOM) != epoch
    assert room_log.head(ROOM) == 0


async def test_epochs_of_rooms_differ_and_fit_into_a_link(room_log: RoomLog) -> None:
    epochs = {room_log.epoch(ROOM), room_log.epoch(OTHER)}
    assert len(epochs) == 2
    assert all(epoch.replace("-", "").replace("_", "").isalnum() for epoch in epochs)
