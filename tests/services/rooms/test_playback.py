"""What a room plays: permissions, order, events, and what the server does by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from synctv_server.domain.commands import (
    EditMember,
    EditRoom,
    Load,
    Pause,
    Play,
    PlaybackCommand,
    Rate,
    Seek,
    Step,
)
from synctv_server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from synctv_server.domain.events import PlaybackChanged
from synctv_server.domain.ids import MediaId
from synctv_server.domain.permissions import Control, Permission
from synctv_server.domain.rooms import Room, SettingsEdit
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import MINUTE
from tests.services.conftest import Clock
from tests.support.house import House

SCHEDULED = 150
"""1.5 times the delay of the house."""


async def test_load_is_scheduled_and_a_pause_is_immediate(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    film = await house.film(owner, room)
    watched = await house.watch(room)
    loaded = await house.playback.apply(owner, room.id, Load(media_id=film.id))
    assert loaded.seq == watched[0].seq
    assert loaded.state.effective_at == clock() + SCHEDULED
    clock.moment += 10_000 + SCHEDULED
    paused = await house.playback.apply(owner, room.id, Pause())
    assert paused.seq == watched[1].seq
    assert paused.state.position == 10.0
    assert watched.changes == [PlaybackChanged(loaded.state), PlaybackChanged(paused.state)]
    assert watched[1].event.at == paused.state.effective_at == clock()
    assert watched[1].event.actor == room.owner
    assert await house.playback.state(owner, room.id) == paused.state


async def test_command_that_changes_nothing_gives_the_present_revision_and_no_event(
    house: House, owner: Actor, room: Room
) -> None:
    film = await house.film(owner, room)
    loaded = await house.playback.apply(owner, room.id, Load(media_id=film.id))
    watched = await house.watch(room)
    again = await house.playback.apply(owner, room.id, Play())
    assert (again.state, again.seq) == (loaded.state, None)
    assert watched == []


async def test_fifty_commands_at_once_give_fifty_answers_one_order_and_one_state(
    house: House, owner: Actor, room: Room
) -> None:
    film = await house.film(owner, room)
    loaded = await house.playback.apply(owner, room.id, Load(media_id=film.id))
    people = [await house.member(f"person{number}", room) for number in range(10)]
    watched = await house.watch(room)
    answers = await asyncio.gather(
        *(
            house.playback.apply(people[number % 10], room.id, Seek(position=float(number + 1)))
            for number in range(50)
        )
    )
    assert loaded.seq is not None
    first = loaded.seq + 1
    assert sorted(answer.seq or 0 for answer in answers) == list(range(first, first + 50))
    assert sorted(answer.state.revision for answer in answers) == list(range(2, 52))
    told = [change.playback for change in watched.changes if isinstance(change, PlaybackChanged)]
    assert [state.revision for state in told] == list(range(2, 52))
    assert {answer.seq: answer.state for answer in answers} == {
        entry.seq: state for entry, state in zip(watched, told, strict=True)
    }
    assert await house.playback.state(owner, room.id) == told[-1]


async def test_of_two_commands_for_one_revision_one_is_told_of_the_conflict(
    house: House, owner: Actor, room: Room
) -> None:
    film = await house.film(owner, room)
    loaded = await house.playback.apply(owner, room.id, Load(media_id=film.id))
    at = loaded.state.revision
    answers = await asyncio.gather(
        house.playback.apply(owner, room.id, Seek(position=5, if_revision=at)),
        house.playback.apply(owner, room.id, Seek(position=9, if_revision=at)),
        return_exceptions=True,
    )
    assert [isinstance(answer, Conflict) for answer in answers] == [False, True]


COMMANDS: list[PlaybackCommand] = [Play(), Pause(), Seek(position=1), Rate(rate=2)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
async def test_member_without_permission_cannot_control(
    house: House, owner: Actor, room: Room, command: Any
) -> None:
    film = await house.film(owner, room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id))
    ben = await house.member("ben", room)
    await house.members.update(owner, room.id, ben.person(), EditMember(deny=Permission.CONTROL_PLAYBACK))
    with pytest.raises(Forbidden) as caught:
        await house.playback.apply(ben, room.id, command)
    assert caught.value.code == "room.no_permission"
    assert "control_playback" in caught.value.message
    await house.playback.apply(ben, room.id, Load(media_id=film.id))


async def test_cinema_leaves_playing_to_the_hosts(house: House, owner: Actor, room: Room) -> None:
    film, ben = await house.film(owner, room), await house.member("ben", room)
    await house.playback.apply(ben, room.id, Load(media_id=film.id))
    await house.rooms.update(owner, room.id, EditRoom(settings=SettingsEdit(control=Control.CINEMA)))
    for attempt in (
        house.playback.apply(ben, room.id, Load(media_id=film.id)),
        house.playback.step(ben, room.id, Step(step=1)),
        house.playback.apply(ben, room.id, Pause()),
    ):
        with pytest.raises(Forbidden):
            await attempt
    await house.playback.apply(owner, room.id, Pause())


async def test_guest_plays_in_a_private_room(house: House, owner: Actor, room: Room) -> None:
    film, guest = await house.film(owner, room), await house.guest("Gast", room)
    await house.playback.apply(guest, room.id, Load(media_id=film.id))
    watched = await house.watch(room)
    await house.playback.apply(guest, room.id, Seek(position=12))
    assert watched[0].event.actor is not None
    assert watched[0].event.actor.name == "Gast"


async def test_stranger_sees_no_state(house: House, room: Room) -> None:
    with pytest.raises(Forbidden):
        await house.playback.state(await house.person("stan"), room.id)


async def test_item_of_another_room_cannot_be_loaded(house: House, owner: Actor, room: Room) -> None:
    foreign = await house.film(owner, await house.room(owner))
    for media_id in (foreign.id, MediaId("med_none")):
        with pytest.raises(NotFound):
            await house.playback.apply(owner, room.id, Load(media_id=media_id))


async def test_next_and_previous_follow_the_list(house: House, owner: Actor, room: Room) -> None:
    first, second = await house.film(owner, room), await house.film(owner, room)
    assert (await house.playback.step(owner, room.id, Step(step=1))).state.media_id == first.id
    after = await house.playback.step(owner, room.id, Step(step=1))
    assert (after.state.media_id, after.state.playing, after.state.position) == (second.id, True, 0.0)
    with pytest.raises(NotFound) as caught:
        await house.playback.step(owner, room.id, Step(step=1))
    assert caught.value.code == "playlist.end"
    assert (await house.playback.step(owner, room.id, Step(step=-1))).state.media_id == first.id
    with pytest.raises(Conflict):
        await house.playback.step(owner, room.id, Step(step=1, if_revision=1))
    with pytest.raises(Invalid):
        await house.playback.step(owner, room.id, Step(step=2))


async def test_position_is_clamped_to_a_known_duration(house: House, owner: Actor, room: Room) -> None:
    film = await house.film(owner, room)
    await house.media_store.set_duration(room.id, film.id, 600.0)
    await house.playback.apply(owner, room.id, Load(media_id=film.id, position=1_000))
    assert (await house.playback.state(owner, room.id)).position == 600.0
    assert (await house.playback.apply(owner, room.id, Seek(position=700))).state.position == 600.0


async def test_room_in_which_nobody_is_pauses_where_it_stands(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    film = await house.film(owner, room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id))
    clock.moment += MINUTE + SCHEDULED
    watched = await house.watch(room)
    await house.playback.pause_deserted(room.id)
    await house.playback.pause_deserted(room.id)
    state = await house.playback.state(owner, room.id)
    assert (state.playing, state.position) == (False, 60.0)
    assert watched.changes == [PlaybackChanged(state)]
    assert watched[0].event.actor is None


async def test_after_a_long_outage_a_room_is_paused_where_it_was_left(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    film = await house.film(owner, room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id))
    left_at = clock() + 30_000 + SCHEDULED
    await house.playback_store.touch_alive([room.id], left_at)
    clock.moment = left_at + MINUTE
    assert await house.playback.recover() == 0
    assert (await house.playback.state(owner, room.id)).playing
    clock.moment += 1
    assert await house.playback.recover() == 1
    state = await house.playback.state(owner, room.id)
    assert (state.playing, state.position) == (False, 30.0)


async def test_state_of_a_clock_that_was_set_back_starts_now(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    film = await house.film(owner, room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id))
    clock.moment -= 3_600_000
    assert (await house.playback.state(owner, room.id)).effective_at == clock()
    assert (await house.playback.apply(owner, room.id, Pause())).state.position == 0.0


async def test_item_is_loaded_paused_where_that_is_wished(house: House, owner: Actor, room: Room) -> None:
    film = await house.film(owner, room)
    command = Load(media_id=film.id, position=90, playing=False)
    state = (await house.playback.apply(owner, room.id, command)).state
    assert (state.media_id, state.playing, state.position) == (film.id, False, 90.0)
