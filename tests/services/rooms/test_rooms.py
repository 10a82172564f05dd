"""Rooms from their opening to their end."""

from __future__ import annotations

import pytest

from synctv_server.cluster.notices import PermissionsChanged, RoomGone
from synctv_server.domain.commands import CreateRoom, EditRoom, Load
from synctv_server.domain.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from synctv_server.domain.events import PlaybackChanged, RoomChanged, RoomClosed
from synctv_server.domain.ids import RoomId
from synctv_server.domain.permissions import Control
from synctv_server.domain.rooms import Access, Room, RoomScope, RoomStatus, SettingsEdit, Visibility
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.domain.users import SiteRole
from tests.services.conftest import Clock
from tests.support.house import House

OPERATOR = Actor(ActorKind.OPERATOR, "operator", uid=0)


async def test_private_room_begins_open_to_guests_and_a_public_one_does_not(
    house: House, owner: Actor
) -> None:
    private = await house.room(owner)
    public = await house.room(owner, Visibility.PUBLIC)
    assert private.settings.allow_guests
    assert private.settings.control is Control.EVERYONE
    assert not public.settings.allow_guests
    assert public.settings.control is Control.HOSTS
    assert private.owner.name == "olga"


async def test_room_keeps_what_it_was_given(house: House, owner: Actor) -> None:
    made = await house.rooms.create(
        owner,
        CreateRoom(
            name="  Friday ",
            visibility=Visibility.PUBLIC,
            description="Every week",
            password="open sesame",
            settings=SettingsEdit(max_members=7, control=Control.CINEMA),
        ),
    )
    kept = await house.rooms.get(owner, made.id)
    assert kept == made
    assert (kept.name, kept.description, kept.has_password) == ("Friday", "Every week", True)
    assert (kept.settings.max_members, kept.settings.control) == (7, Control.CINEMA)
    assert "sesame" not in repr(kept)


async def test_guest_and_operator_cannot_open_a_room(house: House, room: Room) -> None:
    for actor in (await house.guest("Gast", room), OPERATOR):
        with pytest.raises(Forbidden):
            await house.room(actor)


@pytest.mark.parametrize("name", ["", "   ", "a\u202eb", "x" * 101])
async def test_bad_name_is_invalid(house: House, owner: Actor, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        await house.rooms.create(owner, CreateRoom(name=name, visibility=Visibility.PUBLIC))
    assert caught.value.errors[0].field == "name"


async def test_stranger_with_the_id_sees_the_name_of_a_private_room_and_no_more(
    house: House, room: Room
) -> None:
    stranger = await house.person("stan")
    view = await house.rooms.view(stranger, room.id)
    assert not view.is_whole
    assert view.room.name == "Films"
    assert view.access is Access.JOIN
    with pytest.raises(Forbidden) as caught:
        await house.rooms.get(stranger, room.id)
    assert caught.value.code == "room.not_member"


async def test_public_room_is_seen_whole_by_everybody(house: House, owner: Actor) -> None:
    room = await house.room(owner, Visibility.PUBLIC)
    assert (await house.rooms.view(None, room.id)).is_whole
    assert await house.rooms.get(await house.person("stan"), room.id) == room


async def test_view_says_what_is_needed_to_enter(house: House, owner: Actor, room: Room) -> None:
    stan = await house.person("stan")

    async def access(actor: Actor | None, where: Room) -> Access:
        return (await house.rooms.view(actor, where.id)).access

    locked = await house.room(owner, password="sesame")
    small = await house.room(owner, settings=SettingsEdit(max_members=1))
    public = await house.room(owner, Visibility.PUBLIC)
    assert await access(owner, room) is Access.ENTER
    assert await access(stan, locked) is Access.PASSWORD
    assert await access(stan, small) is Access.FULL
    assert await access(None, room) is Access.GUEST
    assert await access(None, public) is Access.SIGN_IN
    await house.rooms.close(owner, room.id)
    assert await access(stan, room) is Access.CLOSED
    assert await access(None, room) is Access.CLOSED


async def test_room_that_does_not_exist_is_not_found(house: House, owner: Actor) -> None:
    for actor in (owner, None, OPERATOR):
        with pytest.raises(NotFound):
            await house.rooms.view(actor, RoomId("room_00000000000000000000000000"))


async def test_lists_hold_ones_own_rooms_the_public_ones_or_all(
    house: House, owner: Actor, room: Room
) -> None:
    public = await house.room(owner, Visibility.PUBLIC)
    stan = await house.person("stan")
    admin = await house.person("root", SiteRole.ROOT)

    async def listed(actor: Actor, scope: RoomScope) -> set[RoomId]:
        return {found.id for found in (await house.rooms.list_rooms(actor, scope=scope)).items}

    assert await listed(owner, RoomScope.MINE) == {room.id, public.id}
    assert await listed(stan, RoomScope.MINE) == set()
    assert await listed(stan, RoomScope.PUBLIC) == {public.id}
    assert await listed(admin, RoomScope.ALL) == {room.id, public.id}
    assert await listed(OPERATOR, RoomScope.ALL) == {room.id, public.id}
    with pytest.raises(Forbidden):
        await house.rooms.list_rooms(owner, scope=RoomScope.ALL)


async def test_edit_is_one_event_and_a_repeat_is_none(house: House, owner: Actor, room: Room) -> None:
    watched = await house.watch(room)
    after = await house.rooms.update(owner, room.id, EditRoom(name="Series", description="On Fridays"))
    assert (after.name, after.version) == ("Series", room.version + 1)
    assert watched.changes == [RoomChanged(after)]
    assert watched[0].event.actor == after.owner
    again = await house.rooms.update(owner, room.id, EditRoom(name="Series"))
    assert again == after
    assert len(watched) == 1


async def test_edit_of_another_version_than_the_present_is_refused(
    house: House, owner: Actor, room: Room
) -> None:
    await house.rooms.update(owner, room.id, EditRoom(name="One"), expected_version=room.version)
    with pytest.raises(PreconditionFailed):
        await house.rooms.update(owner, room.id, EditRoom(name="Two"), expected_version=room.version)
    with pytest.raises(PreconditionFailed):
        await house.rooms.delete(owner, room.id, expected_version=room.version)
    assert (await house.rooms.get(owner, room.id)).name == "One"


async def test_member_cannot_edit_close_or_delete(house: House, room: Room) -> None:
    ben = await house.member("ben", room)
    for edit in (
        EditRoom(name="Mine"),
        EditRoom(settings=SettingsEdit(max_members=2)),
        EditRoom(password="x"),
        EditRoom(clear_password=True),
        EditRoom(status=RoomStatus.CLOSED),
    ):
        with pytest.raises(Forbidden):
            await house.rooms.update(ben, room.id, edit)
    with pytest.raises(Forbidden):
        await house.rooms.delete(ben, room.id)


async def test_password_is_set_and_taken_away(house: House, owner: Actor, room: Room) -> None:
    assert (await house.rooms.update(owner, room.id, EditRoom(password="sesame"))).has_password
    assert (await house.rooms.update(owner, room.id, EditRoom(name="Other"))).has_password
    assert not (await house.rooms.update(owner, room.id, EditRoom(clear_password=True))).has_password


async def test_another_preset_tells_everybody_to_read_their_permissions_again(
    house: House, owner: Actor, room: Room
) -> None:
    await house.rooms.update(owner, room.id, EditRoom(settings=SettingsEdit(control=Control.CINEMA)))
    assert PermissionsChanged(room.id) in house.heard


async def test_closed_room_is_read_and_nothing_else_until_it_is_opened_again(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    film = await house.film(owner, room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id))
    watched = await house.watch(room)
    clock.moment += 60_150
    closed = await house.rooms.close(owner, room.id)
    assert isinstance(watched.changes[0], PlaybackChanged)
    assert watched.changes[1:] == [RoomClosed(closed)]
    state = await house.playback.state(owner, room.id)
    assert (state.playing, state.position) == (False, 60.0)
    with pytest.raises(Conflict) as caught:
        await house.film(owner, room)
    assert caught.value.code == "room.closed"
    assert (await house.chat.list_messages(owner, room.id)).items == ()
    assert not (await house.rooms.reopen(owner, room.id)).is_closed
    await house.film(owner, room)


async def test_closing_twice_is_closing_once(house: House, owner: Actor, room: Room) -> None:
    closed = await house.rooms.close(owner, room.id)
    assert await house.rooms.close(owner, room.id) == closed


async def test_administrators_of_the_site_see_and_close_any_room_and_do_no_more(
    house: House, room: Room
) -> None:
    root = await house.person("root", SiteRole.ROOT)
    for actor in (root, OPERATOR):
        assert (await house.rooms.view(actor, room.id)).is_whole
        assert (await house.rooms.close(actor, room.id)).is_closed
        assert not (await house.rooms.reopen(actor, room.id)).is_closed
        with pytest.raises(Forbidden):
            await house.rooms.update(actor, room.id, EditRoom(name="Seized"))
        with pytest.raises(Forbidden):
            await house.rooms.delete(actor, room.id)


async def test_deleted_room_is_gone_for_all_and_its_guests_are_signed_out(
    house: House, owner: Actor, room: Room
) -> None:
    guest = await house.guest("Gast", room)
    await house.rooms.delete(owner, room.id)
    assert house.heard[0] == RoomGone(room.id)
    for actor in (owner, OPERATOR, guest, None):
        with pytest.raises(NotFound):
            await house.rooms.view(actor, room.id)
    assert guest.session_id is not None
    assert (await house.accounts.sessions.list_sessions(guest.person(), house.now())) == []


async def test_switching_guests_off_shows_them_out(house: House, owner: Actor, room: Room) -> None:
    guest, ben = await house.guest("Gast", room), await house.member("ben", room)
    await house.rooms.update(owner, room.id, EditRoom(settings=SettingsEdit(allow_guests=False)))
    assert await house.member_row(room, guest) is None
    assert await house.member_row(room, ben) is not None
    assert await house.accounts.sessions.list_sessions(guest.person(), house.now()) == []
    with pytest.raises(Forbidden) as caught:
        await house.guest("Wieder", room)
    assert caught.value.code == "room.no_guests"
