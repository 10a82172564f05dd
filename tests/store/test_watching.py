"""Playlists, playback states and chat."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from synctv_server.domain.chat import Message
from synctv_server.domain.errors import Conflict, Invalid, NotFound
from synctv_server.domain.ids import MediaId, MessageId
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room
from synctv_server.domain.users import User
from synctv_server.store import Database
from synctv_server.store.chat import MessageStore
from synctv_server.store.media import MediaStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.rooms import RoomStore
from tests.support import samples

NOW = samples.NOW


@pytest.fixture
def media(database: Database) -> MediaStore:
    return MediaStore(database)


@pytest.fixture
def playback(database: Database) -> PlaybackStore:
    return PlaybackStore(database)


@pytest.fixture
def messages(database: Database) -> MessageStore:
    return MessageStore(database)


@pytest.fixture
async def other_room(database: Database, ann: User) -> Room:
    opened = samples.room(samples.person_of(ann), "Other")
    await RoomStore(database).create(opened)
    return opened


async def test_playlist_is_in_the_order_of_its_keys(media: MediaStore, room: Room) -> None:
    assert await media.max_order_key(room.id) == 0.0
    keys = [2.0, 0.5, 1.25, 3.0]
    items = [samples.item(room, f"item {key}", order_key=key) for key in keys]
    for item in items:
        await media.add(item)
    ordered = sorted(items, key=lambda item: item.order_key)
    assert await media.list_items(room.id) == ordered
    first = await media.page_items(room.id, None, 3)
    second = await media.page_items(room.id, first.next_cursor, 3)
    assert [*first.items, *second.items] == ordered
    assert (await media.count_items(room.id), await media.max_order_key(room.id)) == (4, 3.0)


async def test_item_is_found_in_its_own_room_alone(media: MediaStore, room: Room, other_room: Room) -> None:
    item = samples.item(room)
    await media.add(item)
    assert await media.get_item(room.id, item.id) == item
    assert await media.find_item(other_room.id, item.id) is None
    assert not await media.remove(other_room.id, item.id)
    with pytest.raises(NotFound):
        await media.get_item(other_room.id, item.id)
    with pytest.raises(Conflict):
        await media.update(replace(item, room_id=other_room.id), item.version)
    assert await media.remove(room.id, item.id)
    assert not await media.remove(room.id, item.id)


async def test_item_changes_by_version_and_learns_its_length(media: MediaStore, room: Room) -> None:
    item = samples.item(room)
    await media.add(item)
    kept = await media.update(replace(item, title="Renamed", order_key=9.5), item.version)
    await media.set_duration(room.id, item.id, 596.5)
    assert await media.get_item(room.id, item.id) == replace(kept, duration=596.5)
    with pytest.raises(Conflict) as refused:
        await media.update(item, item.version)
    assert refused.value.code == "media.changed"


async def test_room_that_never_played_stands_at_revision_nought(playback: PlaybackStore, room: Room) -> None:
    assert await playback.get_state(room.id) == PlaybackState()
    assert await playback.last_alive(room.id) is None


async def test_state_comes_back_as_it_was_kept(playback: PlaybackStore, room: Room) -> None:
    state = PlaybackState(MediaId("med_x"), True, 12.345678, 1.25, 1, NOW, NOW + 100)
    assert await playback.put(room.id, state, expected_revision=0)
    assert await playback.get_state(room.id) == state
    assert await playback.last_alive(room.id) == NOW
    later = replace(state, playing=False, revision=2)
    assert await playback.put(room.id, later, expected_revision=1)
    assert await playback.get_state(room.id) == later


async def test_of_many_writers_at_one_revision_one_wins(playback: PlaybackStore, room: Room) -> None:
    for revision in (0, 1):
        states = [PlaybackState(position=float(n), revision=revision + 1, changed_at=n) for n in range(8)]
        won = await asyncio.gather(
            *(playback.put(room.id, state, expected_revision=revision) for state in states)
        )
        assert won.count(True) == 1
        assert await playback.get_state(room.id) == states[won.index(True)]


async def test_revision_that_never_was_is_refused(playback: PlaybackStore, room: Room) -> None:
    assert not await playback.put(room.id, PlaybackState(revision=6), expected_revision=5)
    assert await playback.get_state(room.id) == PlaybackState()


async def test_rooms_that_play_are_listed_with_their_last_sign_of_life(
    playback: PlaybackStore, room: Room, other_room: Room
) -> None:
    playing = PlaybackState(MediaId("med_x"), True, revision=1, changed_at=NOW)
    await playback.put(room.id, playing, expected_revision=0)
    await playback.put(other_room.id, replace(playing, playing=False), expected_revision=0)
    await playback.touch_alive([], NOW + 1)
    await playback.touch_alive([room.id, other_room.id], NOW + 2)
    assert await playback.list_playing() == [(room.id, playing, NOW + 2)]
    assert await playback.last_alive(other_room.id) == NOW + 2


async def test_history_comes_newest_first_page_by_page(messages: MessageStore, room: Room) -> None:
    said = [samples.message(room, room.owner, f"line {number}") for number in range(7)]
    for message in said:
        await messages.keep(message)
    seen: list[Message] = []
    before: MessageId | None = None
    while True:
        page = await messages.list_messages(room.id, before, 3)
        seen += page.items
        if page.next_cursor is None:
            break
        before = MessageId(page.next_cursor)
    assert seen == said[::-1]


async def test_cursor_that_is_no_message_is_invalid(messages: MessageStore, room: Room) -> None:
    with pytest.raises(Invalid) as refused:
        await messages.list_messages(room.id, MessageId("msg_'; DROP TABLE messages; --"), 3)
    assert [error.field for error in refused.value.errors] == ["cursor"]


async def test_nonce_is_one_message_of_one_author(messages: MessageStore, room: Room) -> None:
    bob = samples.person("Bob")
    first = samples.message(room, room.owner, "hello", nonce="n1")
    second = samples.message(room, bob, "hello too", nonce="n1")
    assert await messages.keep(first) is first
    assert await messages.keep(second) is second
    assert await messages.keep(samples.message(room, room.owner, "again", nonce="n1")) == first
    page = await messages.list_messages(room.id, None, 10)
    assert set(page.items) == {first, second}


async def test_used_nonce_leaves_the_transaction_usable(
    database: Database, messages: MessageStore, room: Room
) -> None:
    await messages.keep(samples.message(room, room.owner, nonce="n1"))
    after = samples.message(room, room.owner, "after")
    async with database.transaction():
        await messages.keep(samples.message(room, room.owner, nonce="n1"))
        await messages.keep(after)
    assert await messages.find_message(room.id, after.id) == after


async def test_deleted_message_keeps_its_place_and_loses_its_text(
    messages: MessageStore, room: Room, other_room: Room
) -> None:
    message = replace(samples.message(room, room.owner, "oops"), reply_to=samples.ids.message())
    await messages.keep(message)
    assert not await messages.mark_deleted(other_room.id, message.id)
    assert await messages.mark_deleted(room.id, message.id)
    assert not await messages.mark_deleted(room.id, message.id)
    assert await messages.find_message(room.id, message.id) == replace(message, text="", deleted=True)
    assert await messages.find_message(other_room.id, message.id) is None
