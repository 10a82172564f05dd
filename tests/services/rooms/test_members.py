"""Joining and leaving, and who may do what to whom."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.cluster.notices import MemberRemoved, PermissionsChanged, Removal, SessionEnded
from synctv_server.domain.commands import EditMember, EditRoom, SendChat
from synctv_server.domain.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from synctv_server.domain.events import MemberChanged
from synctv_server.domain.permissions import Control, Permission, Role
from synctv_server.domain.rooms import Room, SettingsEdit, Visibility
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import MINUTE
from tests.services.conftest import Clock
from tests.support.house import House


async def an_admin(house: House, owner: Actor, room: Room, name: str = "ada") -> Actor:
    ada = await house.member(name, room)
    await house.members.update(owner, room.id, ada.person(), EditMember(role=Role.ADMIN))
    return ada


async def test_joining_twice_is_joining_once(house: House, room: Room) -> None:
    ben = await house.person("ben")
    first = await house.members.join(ben, room.id)
    assert first.role is Role.MEMBER
    assert await house.members.join(ben, room.id) == first


async def test_owner_who_joins_stays_the_owner(house: House, owner: Actor, room: Room) -> None:
    assert (await house.members.join(owner, room.id)).role is Role.OWNER


async def test_room_password_is_asked_of_those_who_are_not_in(house: House, owner: Actor) -> None:
    room = await house.room(owner, password="sesame")
    ben = await house.person("ben")
    with pytest.raises(Forbidden) as caught:
        await house.members.join(ben, room.id)
    assert caught.value.code == "room.password_needed"
    with pytest.raises(Forbidden) as caught:
        await house.members.join(ben, room.id, password="Sesame", address="192.0.2.1")
    assert caught.value.code == "room.password_wrong"
    await house.members.join(ben, room.id, password="sesame", address="192.0.2.1")
    await house.members.join(ben, room.id)


async def test_tries_of_a_room_password_are_limited(house: House, owner: Actor) -> None:
    room = await house.room(owner, password="sesame")
    eve = await house.person("eve")
    for _ in range(house.section.auth_per_minute):
        with pytest.raises(Forbidden):
            await house.members.join(eve, room.id, password="guess", address="192.0.2.1")
    with pytest.raises(RateLimited) as caught:
        await house.members.join(eve, room.id, password="sesame", address="192.0.2.1")
    assert caught.value.retry_after_seconds


async def test_full_room_lets_nobody_in_although_all_come_at_once(house: House, owner: Actor) -> None:
    room = await house.room(owner, settings=SettingsEdit(max_members=4))
    people = [await house.person(f"person{number}") for number in range(10)]
    answers = await asyncio.gather(
        *(house.members.join(one, room.id) for one in people), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) == 7
    assert {error.code for error in refused} == {"room.full"}
    assert await house.member_store.count_members(room.id) == 4


async def test_guest_of_another_room_cannot_join(house: House, owner: Actor, room: Room) -> None:
    other = await house.room(owner)
    guest = await house.guest("Gast", room)
    with pytest.raises(Forbidden):
        await house.members.join(guest, other.id)
    with pytest.raises(Forbidden):
        await house.chat.send(guest, other.id, SendChat(text="hello"))


async def test_member_leaves_and_the_owner_cannot(house: House, owner: Actor, room: Room) -> None:
    ben = await house.member("ben", room)
    await house.members.leave(ben, room.id)
    assert house.heard == [MemberRemoved(room.id, ben.person(), Removal.LEFT)]
    with pytest.raises(Forbidden):
        await house.members.leave(ben, room.id)
    with pytest.raises(Conflict) as caught:
        await house.members.leave(owner, room.id)
    assert caught.value.code == "room.owner_cannot_leave"


async def test_what_a_person_added_stays_when_they_leave(house: House, owner: Actor, room: Room) -> None:
    ben = await house.member("ben", room)
    film = await house.film(ben, room)
    await house.members.leave(ben, room.id)
    assert await house.media.get_item(owner, room.id, film.id) == film


async def test_members_are_listed_to_those_who_may_see_them(house: House, owner: Actor, room: Room) -> None:
    ben, guest = await house.member("ben", room), await house.guest("Gast", room)
    listed = (await house.members.list_members(ben, room.id)).items
    assert [(one.person.name, one.role) for one in listed] == [
        ("olga", Role.OWNER),
        ("ben", Role.MEMBER),
        ("Gast", Role.GUEST),
    ]
    await house.members.update(owner, room.id, guest.person(), EditMember(deny=Permission.VIEW_MEMBERS))
    with pytest.raises(Forbidden):
        await house.members.list_members(guest, room.id)
    assert (await house.members.get_member(guest, room.id, guest.person())).person.name == "Gast"
    with pytest.raises(Forbidden):
        await house.members.list_members(await house.person("stan"), room.id)


async def test_change_of_a_member_is_one_event_and_a_repeat_is_none(
    house: House, owner: Actor, room: Room
) -> None:
    ben = await house.member("ben", room)
    watched = await house.watch(room)
    edit = EditMember(allow=Permission.DELETE_MESSAGES)
    changed = await house.members.update(owner, room.id, ben.person(), edit)
    await house.members.update(owner, room.id, ben.person(), edit)
    assert watched.changes == [MemberChanged(changed)]
    assert house.heard == [PermissionsChanged(room.id, ben.person())]


async def test_nobody_changes_their_own_standing(house: House, owner: Actor, room: Room) -> None:
    ada = await an_admin(house, owner, room)
    for actor in (owner, ada):
        with pytest.raises(Forbidden):
            await house.members.update(actor, room.id, actor.person(), EditMember(deny=Permission.SEND_CHAT))
        with pytest.raises(Forbidden):
            await house.members.kick(actor, room.id, actor.person())


async def test_nobody_acts_on_an_equal_or_higher_rank(house: House, owner: Actor, room: Room) -> None:
    ada, ann = await an_admin(house, owner, room), await an_admin(house, owner, room, "ann")
    for target in (ann, owner):
        with pytest.raises(Forbidden):
            await house.members.kick(ada, room.id, target.person())
        with pytest.raises(Forbidden):
            await house.members.update(ada, room.id, target.person(), EditMember(muted_until=10**15))


async def test_nobody_grants_what_they_do_not_hold(house: House, owner: Actor, room: Room) -> None:
    ada, ben = await an_admin(house, owner, room), await house.member("ben", room)
    await house.members.update(owner, room.id, ada.person(), EditMember(deny=Permission.BAN_MEMBERS))
    for allow in (Permission.BAN_MEMBERS, Permission.DELETE_ROOM):
        with pytest.raises(Forbidden):
            await house.members.update(ada, room.id, ben.person(), EditMember(allow=allow))
    await house.members.update(ada, room.id, ben.person(), EditMember(allow=Permission.KICK_MEMBERS))


async def test_admin_cannot_make_admins_or_owners(house: House, owner: Actor, room: Room) -> None:
    ada, ben = await an_admin(house, owner, room), await house.member("ben", room)
    with pytest.raises(Forbidden):
        await house.members.update(ada, room.id, ben.person(), EditMember(role=Role.ADMIN))
    for role in (Role.OWNER, Role.GUEST):
        with pytest.raises(Invalid):
            await house.members.update(owner, room.id, ben.person(), EditMember(role=role))


async def test_guest_is_given_neither_a_role_nor_administration(
    house: House, owner: Actor, room: Room
) -> None:
    guest = await house.guest("Gast", room)
    with pytest.raises(Invalid):
        await house.members.update(owner, room.id, guest.person(), EditMember(role=Role.MEMBER))
    with pytest.raises(Forbidden):
        await house.members.update(owner, room.id, guest.person(), EditMember(allow=Permission.KICK_MEMBERS))
    await house.members.update(owner, room.id, guest.person(), EditMember(allow=Permission.ADD_MEDIA))


async def test_preset_cannot_give_its_setter_more_than_they_hold(
    house: House, owner: Actor, room: Room
) -> None:
    ben = await house.member("ben", room)
    await house.rooms.update(owner, room.id, EditRoom(settings=SettingsEdit(control=Control.CINEMA)))
    await house.members.update(owner, room.id, ben.person(), EditMember(allow=Permission.MANAGE_SETTINGS))
    with pytest.raises(Forbidden):
        await house.rooms.update(ben, room.id, EditRoom(settings=SettingsEdit(control=Control.EVERYONE)))


async def test_muted_member_is_told_until_when_and_talks_again_afterwards(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    ben = await house.member("ben", room)
    edit = EditMember(muted_until=clock() + MINUTE)
    await house.members.update(owner, room.id, ben.person(), edit)
    with pytest.raises(Forbidden) as caught:
        await house.chat.send(ben, room.id, SendChat(text="hello"))
    assert caught.value.code == "room.muted"
    clock.moment += MINUTE
    await house.chat.send(ben, room.id, SendChat(text="hello"))


async def test_mute_and_denial_survive_leaving_and_coming_back(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    ben = await house.member("ben", room)
    edit = EditMember(
        muted_until=clock() + MINUTE, deny=Permission.ADD_MEDIA, allow=Permission.DELETE_MESSAGES
    )
    await house.members.update(owner, room.id, ben.person(), edit)
    await house.members.leave(ben, room.id)
    again = await house.members.join(ben, room.id)
    assert again.is_muted(clock())
    assert again.own.deny == Permission.ADD_MEDIA
    assert not again.own.allow


async def test_mute_is_lifted_before_its_time(house: House, owner: Actor, room: Room, clock: Clock) -> None:
    ben = await house.member("ben", room)
    await house.members.update(owner, room.id, ben.person(), EditMember(muted_until=clock() + MINUTE))
    await house.members.update(owner, room.id, ben.person(), EditMember(unmute=True))
    await house.chat.send(ben, room.id, SendChat(text="hello"))


async def test_kicked_member_is_out_and_may_come_again(house: House, owner: Actor, room: Room) -> None:
    ben = await house.member("ben", room)
    await house.members.kick(owner, room.id, ben.person())
    assert house.heard == [MemberRemoved(room.id, ben.person(), Removal.KICKED)]
    with pytest.raises(Forbidden):
        await house.chat.send(ben, room.id, SendChat(text="hello"))
    with pytest.raises(NotFound):
        await house.members.kick(owner, room.id, ben.person())
    await house.members.join(ben, room.id)


async def test_kicked_guest_is_signed_out(house: House, owner: Actor, room: Room) -> None:
    guest = await house.guest("Gast", room)
    await house.members.kick(owner, room.id, guest.person())
    assert guest.session_id is not None
    assert SessionEnded((guest.session_id,)) in house.heard


async def test_person_of_another_room_is_not_found_in_this_one(
    house: House, owner: Actor, room: Room
) -> None:
    elsewhere = await house.member("ben", await house.room(owner, Visibility.PUBLIC))
    with pytest.raises(NotFound):
        await house.members.update(owner, room.id, elsewhere.person(), EditMember(unmute=True))
