"""A room's playlist: who may change what, in which order it stands, what the room is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from synctv_server.domain.commands import AddMedia, EditMedia, EditMember, Load
from synctv_server.domain.errors import Forbidden, Invalid, NotFound, PreconditionFailed, TooLarge
from synctv_server.domain.events import PlaybackChanged, PlaylistChanged
from synctv_server.domain.ids import MediaId
from synctv_server.domain.media import PLAYLIST_MOST, MediaItem, MediaKind
from synctv_server.domain.permissions import Permission, Role
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor
from tests.support.house import House

LINK = "https://films.example/The_night.mp4"


async def titles(house: House, room: Room) -> list[str]:
    return [item.title for item in await house.media_store.list_items(room.id)]


async def some_films(house: House, owner: Actor, room: Room, count: int = 4) -> list[MediaItem]:
    return [
        await house.media.add(owner, room.id, AddMedia(url=LINK, title=str(number)))
        for number in range(count)
    ]


async def test_link_is_added_at_the_end_and_told_with_the_playlists_version(
    house: House, owner: Actor, room: Room
) -> None:
    watched = await house.watch(room)
    first = await house.media.add(owner, room.id, AddMedia(url=LINK))
    second = await house.media.add(owner, room.id, AddMedia(url="https://a.example/b.mp3", title=" B "))
    assert (first.title, first.kind, first.added_by) == ("The night", MediaKind.VIDEO, room.owner)
    assert (second.title, second.kind) == ("B", MediaKind.AUDIO)
    assert watched.changes == [PlaylistChanged(1, (first,)), PlaylistChanged(2, (second,))]
    assert (await house.media.list_items(owner, room.id)).items == (first, second)


async def test_bad_address_or_title_is_invalid(house: House, owner: Actor, room: Room) -> None:
    for wanted, field in (
        (AddMedia(url="ftp://films.example/a.mp4"), "url"),
        (AddMedia(url="library:../secret.mp4"), "url"),
        (AddMedia(url=LINK, title="a\u202eb"), "title"),
    ):
        with pytest.raises(Invalid) as caught:
            await house.media.add(owner, room.id, wanted)
        assert caught.value.errors[0].field == field


async def test_library_item_must_be_a_playable_file(
    house: House, owner: Actor, room: Room, folder: Path
) -> None:
    (folder / "films").mkdir()
    (folder / "films" / "night.webm").write_bytes(b"not really")
    (folder / "films" / "notes.txt").write_bytes(b"hello")
    item = await house.media.add(owner, room.id, AddMedia(url="library:films/night.webm"))
    assert (item.title, item.library_path, item.duration) == ("night", "films/night.webm", None)
    for path in ("films/notes.txt", "films", "films/other.webm"):
        with pytest.raises(Invalid) as caught:
            await house.media.add(owner, room.id, AddMedia(url=f"library:{path}"))
        assert caught.value.errors[0].field == "url"


async def test_who_may_not_add_learns_nothing_of_the_library(
    house: House, owner: Actor, room: Room, folder: Path
) -> None:
    (folder / "a.mp4").write_bytes(b"film")
    ben, guest = await house.member("ben", room), await house.guest("Gast", room)
    await house.members.update(owner, room.id, ben.person(), EditMember(deny=Permission.ADD_MEDIA))
    await house.members.update(owner, room.id, guest.person(), EditMember(allow=Permission.ADD_MEDIA))
    for actor in (ben, guest, await house.person("stan")):
        for path in ("a.mp4", "missing.mp4"):
            with pytest.raises(Forbidden):
                await house.media.add(actor, room.id, AddMedia(url=f"library:{path}"))
    await house.film(guest, room)


async def test_own_item_is_edited_and_removed_with_add_media_alone(
    house: House, owner: Actor, room: Room
) -> None:
    ben = await house.member("ben", room)
    mine, other = await house.film(ben, room), await house.film(owner, room)
    edited = await house.media.update(ben, room.id, mine.id, EditMedia(title="Mine"))
    assert (edited.title, edited.version) == ("Mine", mine.version + 1)
    with pytest.raises(Forbidden):
        await house.media.update(ben, room.id, other.id, EditMedia(title="Mine too"))
    with pytest.raises(Forbidden):
        await house.media.remove(ben, room.id, other.id)
    await house.members.update(
        owner, room.id, ben.person(), EditMember(allow=Permission.EDIT_MEDIA | Permission.DELETE_MEDIA)
    )
    await house.media.update(ben, room.id, other.id, EditMedia(title="Ours"))
    await house.media.remove(ben, room.id, other.id)
    await house.media.remove(ben, room.id, mine.id)
    assert await titles(house, room) == []


async def test_another_address_is_another_film(house: House, owner: Actor, room: Room) -> None:
    item = await house.film(owner, room)
    await house.media_store.set_duration(room.id, item.id, 600.0)
    edited = await house.media.update(owner, room.id, item.id, EditMedia(url="https://a.example/b.mp3"))
    assert (edited.url, edited.kind, edited.duration) == ("https://a.example/b.mp3", MediaKind.AUDIO, None)
    await house.playback.apply(owner, room.id, Load(media_id=item.id))
    with pytest.raises(Invalid):
        await house.media.update(owner, room.id, item.id, EditMedia(url=LINK))


async def test_edit_that_changes_nothing_is_no_event(house: House, owner: Actor, room: Room) -> None:
    item = await house.film(owner, room)
    watched = await house.watch(room)
    assert await house.media.update(owner, room.id, item.id, EditMedia(title=item.title)) == item
    assert watched == []


async def test_change_of_another_version_than_the_present_is_refused(
    house: House, owner: Actor, room: Room
) -> None:
    item = await house.film(owner, room)
    await house.media.update(owner, room.id, item.id, EditMedia(title="One"), expected_version=item.version)
    with pytest.raises(PreconditionFailed):
        await house.media.update(
            owner, room.id, item.id, EditMedia(title="Two"), expected_version=item.version
        )
    with pytest.raises(PreconditionFailed):
        await house.media.remove(owner, room.id, item.id, expected_version=item.version)


async def test_removing_what_is_loaded_unloads_it(house: House, owner: Actor, room: Room) -> None:
    first, second = await some_films(house, owner, room, 2)
    loaded = await house.playback.apply(owner, room.id, Load(media_id=first.id))
    watched = await house.watch(room)
    await house.media.remove(owner, room.id, second.id)
    await house.media.remove(owner, room.id, first.id)
    state = await house.playback.state(owner, room.id)
    assert (state.media_id, state.playing, state.revision) == (None, False, loaded.state.revision + 1)
    assert watched.changes == [
        PlaylistChanged(3, removed=(second.id,)),
        PlaylistChanged(4, removed=(first.id,)),
        PlaybackChanged(state),
    ]
    with pytest.raises(NotFound):
        await house.media.remove(owner, room.id, first.id)


async def test_item_moves_behind_another_or_to_the_front(house: House, owner: Actor, room: Room) -> None:
    zero, one, two, three = await some_films(house, owner, room)
    watched = await house.watch(room)
    moved = await house.media.move(owner, room.id, three.id, after=zero.id)
    assert await titles(house, room) == ["0", "3", "1", "2"]
    assert watched.changes == [PlaylistChanged(5, (moved,))]
    await house.media.move(owner, room.id, two.id, after=None)
    assert await titles(house, room) == ["2", "0", "3", "1"]
    await house.media.move(owner, room.id, two.id, after=one.id)
    assert await titles(house, room) == ["0", "3", "1", "2"]


async def test_order_holds_through_more_moves_than_there_are_numbers_between_two(
    house: House, owner: Actor, room: Room
) -> None:
    films = await some_films(house, owner, room)
    model = [film.id for film in films]
    for _ in range(80):
        last = model.pop()
        model.insert(1, last)
        await house.media.move(owner, room.id, last, after=model[0])
    assert [item.id for item in await house.media_store.list_items(room.id)] == model


async def test_move_to_where_it_stands_is_no_event(house: House, owner: Actor, room: Room) -> None:
    zero, one, *_ = await some_films(house, owner, room)
    watched = await house.watch(room)
    await house.media.move(owner, room.id, one.id, after=zero.id)
    await house.media.move(owner, room.id, zero.id, after=None)
    assert watched == []


async def test_move_of_or_behind_what_is_not_there_is_not_found(
    house: House, owner: Actor, room: Room
) -> None:
    zero, *_ = await some_films(house, owner, room)
    foreign = await house.film(owner, await house.room(owner))
    for media_id, after in ((foreign.id, None), (zero.id, foreign.id), (zero.id, zero.id)):
        with pytest.raises(NotFound):
            await house.media.move(owner, room.id, media_id, after=after)


async def test_member_without_permission_cannot_reorder(house: House, owner: Actor, room: Room) -> None:
    zero, one, *_ = await some_films(house, owner, room)
    ben = await house.member("ben", room)
    with pytest.raises(Forbidden):
        await house.media.move(ben, room.id, one.id, after=None)
    await house.members.update(owner, room.id, ben.person(), EditMember(role=Role.ADMIN))
    await house.media.move(ben, room.id, zero.id, after=one.id)


async def test_list_is_numbered_anew_when_there_is_no_place_left(
    house: House, owner: Actor, room: Room
) -> None:
    zero, one, two, three = await some_films(house, owner, room)
    squeezed = await house.media_store.update(replace(one, order_key=zero.order_key + 2**-52), one.version)
    watched = await house.watch(room)
    await house.media.move(owner, room.id, three.id, after=zero.id)
    assert await titles(house, room) == ["0", "3", "1", "2"]
    (told,) = watched.changes
    assert isinstance(told, PlaylistChanged)
    assert {item.id for item in told.changed} == {zero.id, squeezed.id, two.id, three.id}
    assert sorted(item.order_key for item in told.changed) == [1.0, 2.0, 3.0, 4.0]


async def test_playlist_is_full_at_its_bound_although_all_come_at_once(
    house: House, owner: Actor, room: Room
) -> None:
    async with house.database.transaction():
        for number in range(PLAYLIST_MOST - 3):
            await house.media_store.add(
                MediaItem(
                    house.ids.media(),
                    room.id,
                    str(number),
                    LINK,
                    MediaKind.VIDEO,
                    room.owner,
                    house.now(),
                    float(number),
                )
            )
    answers = await asyncio.gather(*(house.film(owner, room) for _ in range(8)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, TooLarge)]
    assert len(refused) == 5
    assert {error.code for error in refused} == {"playlist.full"}


async def test_item_is_found_in_its_own_room_alone(house: House, owner: Actor, room: Room) -> None:
    foreign = await house.film(owner, await house.room(owner))
    for media_id in (foreign.id, MediaId("med_none")):
        with pytest.raises(NotFound):
            await house.media.get_item(owner, room.id, media_id)
    with pytest.raises(Forbidden):
        await house.media.list_items(await house.person("stan"), room.id)
