"""Guests: in by a room's link, the same person again by cookie or token, and good for that room alone."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.domain.commands import BanPerson, EditRoom
from synctv_server.domain.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from synctv_server.domain.ids import RoomId
from synctv_server.domain.permissions import Role
from synctv_server.domain.rooms import Room, RoomStatus, SettingsEdit, Visibility
from synctv_server.domain.sessions import Actor, ActorKind, Client, Person
from synctv_server.domain.times import DAY, HOUR, SECOND
from synctv_server.services.auth.accounts import SignedIn
from tests.services.conftest import Clock
from tests.support.house import House

HOME = Client("192.0.2.7", "Firefox")
ELSEWHERE = Client("198.51.100.9", "Firefox")


async def enter(
    house: House, room: Room, name: str | None = "Gast", *, password: str | None = None, client: Client = HOME
) -> SignedIn:
    return await house.guests.enter(room.id, name, password, client)


async def again(house: House, room: Room, token: str | None, *, client: Client = HOME) -> SignedIn:
    return await house.guests.enter(room.id, "Somebody", None, client, token)


async def forbidden(house: House, room: Room, *, password: str | None = None, client: Client = HOME) -> str:
    with pytest.raises(Forbidden) as refused:
        await enter(house, room, password=password, client=client)
    return refused.value.code


async def test_a_guest_is_a_member_of_that_room_with_a_name_and_a_token(house: House, room: Room) -> None:
    signed_in = await enter(house, room)
    actor = await house.sessions.authenticate(signed_in.access_token)
    assert (actor.kind, actor.name, actor.room_id) == (ActorKind.GUEST, "Gast", room.id)
    assert signed_in.user == Person(actor.person(), "Gast")
    assert signed_in.expires_in_seconds == 3600
    member = await house.member_row(room, actor)
    assert member is not None
    assert member.role is Role.GUEST
    assert await house.tickets.issue(actor, room.id, HOME.address)


async def test_a_guest_enters_no_other_room(house: House, owner: Actor, room: Room) -> None:
    other = await house.room(owner)
    actor = await house.guest("Gast", room)
    with pytest.raises(Forbidden):
        await house.access.enter(actor, other.id)


async def test_a_guest_without_a_name_is_given_one(house: House, room: Room) -> None:
    one, other = await enter(house, room, None), await enter(house, room, "")
    assert isinstance(one.user, Person)
    assert one.user.name.startswith("Guest ")
    assert one.user.id != other.user.id


@pytest.mark.parametrize("name", ["  ", "x" * 51, "Ann\u202e", "Ann\n"])
async def test_a_bad_name_is_refused(house: House, room: Room, name: str) -> None:
    if name.strip() == "Ann":
        assert (await enter(house, room, name)).user
        return
    with pytest.raises(Invalid):
        await enter(house, room, name)


async def test_the_cookie_brings_the_same_guest_back(house: House, room: Room, clock: Clock) -> None:
    first = await enter(house, room)
    clock.moment += 2 * HOUR
    second = await again(house, room, first.refresh_token)
    assert second.user == first.user
    assert second.refresh_token == first.refresh_token
    assert second.access_token != first.access_token
    assert (await house.sessions.authenticate(second.access_token)).user_id == first.user.id


async def test_a_token_that_still_holds_brings_the_same_guest_back(
    house: House, room: Room, clock: Clock
) -> None:
    first = await enter(house, room)
    clock.moment += HOUR - SECOND
    second = await again(house, room, first.access_token)
    assert second.user == first.user
    assert second.refresh_token is None
    clock.moment += SECOND
    assert (await again(house, room, first.access_token)).user != first.user


async def test_a_guest_stays_for_a_day_from_the_last_renewal(house: House, room: Room, clock: Clock) -> None:
    first = await enter(house, room)
    clock.moment += DAY - SECOND
    second = await again(house, room, first.refresh_token)
    assert second.user == first.user
    clock.moment += DAY - SECOND
    assert (await again(house, room, first.refresh_token)).user == first.user
    clock.moment += DAY
    assert (await again(house, room, first.refresh_token)).user != first.user


async def test_what_belongs_to_somebody_else_or_another_room_makes_a_new_guest(
    house: House, owner: Actor, room: Room
) -> None:
    other = await house.room(owner)
    first = await enter(house, room)
    account = await house.accounts.users.get_user(owner.person())
    of_an_account = await house.sessions.open(account, HOME)
    for token in (of_an_account.access_token, of_an_account.refresh_token, "made up", "a.b.c"):
        assert (await again(house, room, token)).user.id not in (first.user.id, owner.user_id)
    for token in (first.access_token, first.refresh_token):
        assert (await again(house, other, token)).user != first.user


async def test_a_guests_cookie_is_no_refresh_token(house: House, room: Room) -> None:
    first = await enter(house, room)
    with pytest.raises(Unauthenticated):
        await house.sessions.refresh(first.refresh_token or "", HOME)


async def test_a_room_that_takes_no_guests_says_so(house: House, owner: Actor) -> None:
    room = await house.room(owner, Visibility.PUBLIC)
    assert await forbidden(house, room) == "room.no_guests"


async def test_a_closed_or_unknown_room_takes_nobody(house: House, owner: Actor, room: Room) -> None:
    await house.rooms.update(owner, room.id, EditRoom(status=RoomStatus.CLOSED))
    with pytest.raises(Conflict) as closed:
        await enter(house, room)
    assert closed.value.code == "room.closed"
    with pytest.raises(NotFound):
        await house.guests.enter(RoomId("room_none"), "Gast", None, HOME)


async def test_the_rooms_password_is_asked_once(house: House, owner: Actor) -> None:
    room = await house.room(owner, password="sesame")
    assert await forbidden(house, room) == "room.password_needed"
    assert await forbidden(house, room, password="open") == "room.password_wrong"
    first = await enter(house, room, password="sesame")
    assert (await again(house, room, first.refresh_token)).user == first.user


async def test_tries_of_the_rooms_password_are_limited(house: House, owner: Actor) -> None:
    room = await house.room(owner, password="sesame")
    for _ in range(5):
        assert await forbidden(house, room, password="open") == "room.password_wrong"
    with pytest.raises(RateLimited):
        await enter(house, room, password="sesame")
    assert await enter(house, room, password="sesame", client=ELSEWHERE)


async def test_a_ban_covers_the_guest_and_the_address(house: House, owner: Actor, room: Room) -> None:
    first = await enter(house, room)
    await house.bans.ban(owner, room.id, BanPerson(user_id=first.user.id, reason="spam"))
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(first.access_token)
    assert await forbidden(house, room) == "room.banned"
    assert await enter(house, room, client=ELSEWHERE)


async def test_a_room_that_stops_to_take_guests_ends_their_sign_in(
    house: House, owner: Actor, room: Room
) -> None:
    first = await enter(house, room)
    await house.rooms.update(owner, room.id, EditRoom(settings=SettingsEdit(allow_guests=False)))
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(first.access_token)


async def test_no_more_guests_than_the_room_holds(house: House, owner: Actor) -> None:
    room = await house.room(owner, settings=SettingsEdit(max_members=4))
    answers = await asyncio.gather(*(enter(house, room) for _ in range(8)), return_exceptions=True)
    full = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(full) == 5
    assert {error.code for error in full} == {"room.full"}
    rows = await house.database.fetch("SELECT COUNT(*) AS number FROM sessions WHERE guest_name IS NOT NULL")
    assert rows[0]["number"] == 3
