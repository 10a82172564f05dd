"""What is kept is told, what is undone is not, and a log that fails undoes nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from synctv_server.cluster.notices import RoomGone
from synctv_server.domain.commands import SendChat
from synctv_server.domain.errors import Forbidden, Unavailable
from synctv_server.domain.events import ChatDeleted, RoomEvent
from synctv_server.domain.ids import MessageId, RoomId
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor
from synctv_server.services.turns import QUEUE_MOST, Turn, Turns
from tests.services.conftest import Clock
from tests.support.house import House
from tests.support.waiting import eventually


class SilentLog:
    """A log whose server is away."""

    async def publish(self, room_id: RoomId, event: RoomEvent) -> int:
        raise Unavailable("the log cannot be reached")


async def test_event_leaves_after_the_commit_and_not_before(house: House, room: Room) -> None:
    watched = await house.watch(room)
    async with house.turns.turn(room.id) as turn:
        receipt = turn.publish(ChatDeleted(MessageId("msg_1")), None)
        turn.notify(RoomGone(room.id))
        assert watched == []
        assert house.heard == []
    assert receipt.seq == watched[0].seq
    assert house.heard == [RoomGone(room.id)]


async def test_nothing_is_told_of_a_turn_that_failed(house: House, owner: Actor, room: Room) -> None:
    watched = await house.watch(room)

    async def fail() -> None:
        async with house.turns.turn(room.id) as turn:
            await house.room_store.bump_playlist(room.id)
            turn.publish(ChatDeleted(MessageId("msg_1")), None)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert watched == []
    assert (await house.rooms.get(owner, room.id)).playlist_version == 0


async def test_failed_publish_after_a_commit_is_an_answer_without_a_number(
    house: House, owner: Actor, room: Room
) -> None:
    house.chat.turns = Turns(
        database=house.database,
        room_log=SilentLog(),  # type: ignore[arg-type]  # only publish is reached
        notices=house.notices,
        ids=house.ids,
    )
    sent = await house.chat.send(owner, room.id, SendChat(text="hello"))
    assert sent.seq is None
    assert (await house.chat.list_messages(owner, room.id)).items == (sent.message,)


async def test_what_was_kept_is_told_although_the_caller_is_gone(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    """Wherever a command is cut off, either it is kept and told or it is neither."""
    watched = await house.watch(room)
    began = time.perf_counter()
    await house.chat.send(owner, room.id, SendChat(text="how long does one take?"))
    whole = time.perf_counter() - began
    for part in range(60):
        clock.moment += 1_001
        task = asyncio.create_task(house.chat.send(owner, room.id, SendChat(text=f"part {part}")))
        await asyncio.wait([task], timeout=whole * part / 50)
        task.cancel()
        await asyncio.wait([task])
    clock.moment += 1_001
    await house.chat.send(owner, room.id, SendChat(text="the room still takes turns"))
    kept = (await house.chat.list_messages(owner, room.id, limit=100)).items
    assert len(kept) == len(watched)
    assert len(kept) >= 2


async def test_what_waits_is_carried_out_together(house: House, owner: Actor, room: Room) -> None:
    """What comes in one turn of the loop, or while another is kept, shares a commit and is told in one step."""
    watched = await house.watch(room)
    told_by_tick: list[int] = []

    def count() -> None:
        if not told_by_tick or told_by_tick[-1] != len(watched):
            told_by_tick.append(len(watched))
        if len(watched) < 9:
            asyncio.get_running_loop().call_soon(count)

    count()
    await asyncio.gather(*(house.chat.send(owner, room.id, SendChat(text=str(n))) for n in range(9)))
    assert told_by_tick in ([0, 9], [0, 1, 9])


async def test_one_that_fails_costs_the_others_nothing(house: House, owner: Actor, room: Room) -> None:
    stranger = await house.person("sam")
    speakers = [owner, stranger, owner]
    answers = await asyncio.gather(
        *(house.chat.send(one, room.id, SendChat(text="hello")) for one in speakers), return_exceptions=True
    )
    assert isinstance(answers[1], Forbidden)
    assert len((await house.chat.list_messages(owner, room.id)).items) == 2


async def test_caller_that_gives_up_in_the_line_takes_its_wish_back(
    house: House, owner: Actor, room: Room
) -> None:
    async with house.turns.turn(room.id):
        first, second = (
            asyncio.create_task(house.chat.send(owner, room.id, SendChat(text=text)))
            for text in ("first", "second")
        )
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
    await second
    assert [one.text for one in (await house.chat.list_messages(owner, room.id)).items] == ["second"]


async def test_too_many_who_wait_are_refused(house: House, owner: Actor, room: Room) -> None:
    async def nothing(_: Turn) -> None:
        """What is wanted here is the turn alone."""

    async with house.turns.turn(room.id):
        waiting = [asyncio.create_task(house.turns.take(room.id, nothing)) for _ in range(QUEUE_MOST)]
        await eventually(lambda: house.turns.waiting == QUEUE_MOST)
        with pytest.raises(Unavailable) as caught:
            await house.turns.take(room.id, nothing)
        assert caught.value.code == "room.busy"
    await asyncio.gather(*waiting)
    assert house.turns.waiting == 0
