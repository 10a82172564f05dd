"""Tickets: good once, for one room, for half a minute, and only for somebody who may come in."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.cluster.presence import ConnectionLimits
from synctv_server.domain.errors import Conflict, Forbidden, NotFound, RateLimited, Unauthenticated
from synctv_server.domain.ids import RoomId
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.services.tickets import TICKET_LIFE
from tests.services.conftest import Clock
from tests.support.house import House

HOME = "192.0.2.1"


async def test_ticket_brings_back_who_it_was_given_to(house: House, owner: Actor, room: Room) -> None:
    guest = await house.guest("Gast", room)
    for actor in (owner, guest):
        ticket = await house.tickets.issue(actor, room.id, HOME)
        assert ticket.expires_in_seconds == 30
        assert await house.tickets.take(ticket.secret, room.id) == actor
        assert ticket.secret not in repr(ticket)


async def test_of_many_who_show_one_ticket_one_comes_in(house: House, owner: Actor, room: Room) -> None:
    ticket = await house.tickets.issue(owner, room.id, HOME)
    answers = await asyncio.gather(
        *(house.tickets.take(ticket.secret, room.id) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(answer, Actor) for answer in answers) == 1
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 4


async def test_ticket_for_another_room_or_too_late_or_made_up_is_worthless(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    other = await house.room(owner)
    misused = await house.tickets.issue(owner, other.id, HOME)
    late = await house.tickets.issue(owner, room.id, HOME)
    clock.moment += TICKET_LIFE
    for secret in (misused.secret, late.secret, "made up", ""):
        with pytest.raises(Unauthenticated):
            await house.tickets.take(secret, room.id)
    with pytest.raises(Unauthenticated):
        await house.tickets.take(misused.secret, other.id)


async def test_ticket_dies_with_its_session(house: House, owner: Actor, room: Room) -> None:
    ticket = await house.tickets.issue(owner, room.id, HOME)
    await house.sessions.end_all_of(owner.person())
    with pytest.raises(Unauthenticated):
        await house.tickets.take(ticket.secret, room.id)


async def test_stranger_gets_no_ticket(house: House, owner: Actor, room: Room) -> None:
    with pytest.raises(Forbidden) as caught:
        await house.tickets.issue(await house.person("stan"), room.id, HOME)
    assert caught.value.code == "room.not_member"
    with pytest.raises(Forbidden):
        await house.tickets.issue(Actor(ActorKind.OPERATOR, "operator", uid=0), room.id, HOME)
    with pytest.raises(NotFound):
        await house.tickets.issue(owner, RoomId("room_none"), HOME)


async def test_closed_room_gives_no_ticket(house: House, owner: Actor, room: Room) -> None:
    await house.rooms.close(owner, room.id)
    with pytest.raises(Conflict) as caught:
        await house.tickets.issue(owner, room.id, HOME)
    assert caught.value.code == "room.closed"


async def test_sixth_connection_of_a_person_gets_no_ticket(house: House, owner: Actor, room: Room) -> None:
    limits = ConnectionLimits.of(house.section)
    for _ in range(limits.per_user):
        await house.presence.enter(room.id, owner.person(), house.ids.connection(), limits)
    with pytest.raises(RateLimited):
        await house.tickets.issue(owner, room.id, HOME)


async def test_room_with_all_its_connections_gives_no_ticket(house: House, owner: Actor, room: Room) -> None:
    limits = ConnectionLimits.of(house.section)
    for _ in range(limits.per_room):
        await house.presence.enter(room.id, house.ids.user(), house.ids.connection(), limits)
    with pytest.raises(Conflict) as caught:
        await house.tickets.issue(owner, room.id, HOME)
    assert caught.value.code == "room.full"
