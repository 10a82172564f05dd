"""A ban holds: for members, for those who are not in, and for the address of a guest."""

from __future__ import annotations

import pytest

from synctv_server.cluster.notices import MemberRemoved, Removal
from synctv_server.domain.commands import BanPerson, EditMember
from synctv_server.domain.errors import Forbidden, Invalid, NotFound
from synctv_server.domain.permissions import Role
from synctv_server.domain.rooms import Access, Room
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import MINUTE
from tests.services.conftest import Clock
from tests.support.house import House


async def test_banned_member_is_out_and_cannot_come_in_again(house: House, owner: Actor, room: Room) -> None:
    ben = await house.member("ben", room)
    ban = await house.bans.ban(owner, room.id, BanPerson(user_id=ben.person(), reason="spoilers"))
    assert (ban.person.name, ban.by.name, ban.reason) == ("ben", "olga", "spoilers")
    assert house.heard == [MemberRemoved(room.id, ben.person(), Removal.BANNED)]
    with pytest.raises(Forbidden) as caught:
        await house.members.join(ben, room.id)
    assert caught.value.code == "room.banned"
    assert (await house.rooms.view(ben, room.id)).access is Access.BANNED


async def test_account_is_banned_before_it_ever_comes(house: House, owner: Actor, room: Room) -> None:
    eve = await house.person("eve")
    await house.bans.ban(owner, room.id, BanPerson(user_id=eve.person()))
    with pytest.raises(Forbidden):
        await house.members.join(eve, room.id)


async def test_ban_ends_at_its_time_or_when_it_is_lifted(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    ben, eve = await house.member("ben", room), await house.member("eve", room)
    await house.bans.ban(owner, room.id, BanPerson(user_id=ben.person(), until=clock() + MINUTE))
    await house.bans.ban(owner, room.id, BanPerson(user_id=eve.person()))
    assert len((await house.bans.list_bans(owner, room.id)).items) == 2
    clock.moment += MINUTE
    await house.members.join(ben, room.id)
    await house.bans.unban(owner, room.id, eve.person())
    await house.members.join(eve, room.id)
    assert (await house.bans.list_bans(owner, room.id)).items == ()
    with pytest.raises(NotFound):
        await house.bans.unban(owner, room.id, eve.person())


async def test_ban_of_a_guest_covers_the_address_and_no_accounts_behind_it(
    house: House, owner: Actor, room: Room
) -> None:
    guest = await house.guest("Gast", room, "192.0.2.7")
    await house.bans.ban(owner, room.id, BanPerson(user_id=guest.person()))
    with pytest.raises(Forbidden):
        await house.guest("Anderer", room, "192.0.2.7")
    await house.guest("Freund", room, "192.0.2.8")
    ben = await house.person("ben")
    await house.members.join(ben, room.id, address="192.0.2.7")


async def test_guest_who_is_in_from_a_banned_address_gets_no_socket(
    house: House, owner: Actor, room: Room
) -> None:
    first = await house.guest("Eins", room, "192.0.2.7")
    second = await house.guest("Zwei", room, "192.0.2.7")
    await house.bans.ban(owner, room.id, BanPerson(user_id=first.person()))
    with pytest.raises(Forbidden) as caught:
        await house.tickets.issue(second, room.id, "192.0.2.7")
    assert caught.value.code == "room.banned"


async def test_bans_keep_to_ranks_and_permissions(house: House, owner: Actor, room: Room) -> None:
    ada, ben = await house.member("ada", room), await house.member("ben", room)
    await house.members.update(owner, room.id, ada.person(), EditMember(role=Role.ADMIN))
    with pytest.raises(Forbidden):
        await house.bans.ban(ben, room.id, BanPerson(user_id=ada.person()))
    for target in (owner, ada):
        with pytest.raises(Forbidden):
            await house.bans.ban(ada, room.id, BanPerson(user_id=target.person()))
    with pytest.raises(Forbidden):
        await house.bans.list_bans(ben, room.id)
    await house.bans.ban(ada, room.id, BanPerson(user_id=ben.person()))


async def test_bad_ban_is_refused(house: House, owner: Actor, room: Room, clock: Clock) -> None:
    ben = await house.member("ben", room)
    with pytest.raises(Invalid):
        await house.bans.ban(owner, room.id, BanPerson(user_id=ben.person(), until=clock()))
    with pytest.raises(Invalid):
        await house.bans.ban(owner, room.id, BanPerson(user_id=ben.person(), reason="x" * 501))
    with pytest.raises(NotFound):
        await house.bans.ban(owner, room.id, BanPerson(user_id=house.ids.user()))
