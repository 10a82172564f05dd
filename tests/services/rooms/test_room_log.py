"""The log of a room: what people did, for those who may see it."""

from __future__ import annotations

import pytest

from synctv_server.domain.commands import BanPerson, EditMember, EditRoom, Load, Pause, Seek, SendChat
from synctv_server.domain.errors import Conflict, Forbidden
from synctv_server.domain.permissions import Control, Permission, Role
from synctv_server.domain.room_log import RoomDeed
from synctv_server.domain.rooms import Room, RoomStatus, SettingsEdit
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import DAY
from synctv_server.domain.users import SiteRole
from synctv_server.services.room_log import RoomLogService
from synctv_server.store.room_log import RoomLogStore
from tests.services.conftest import Clock
from tests.support.house import House


def service(house: House) -> RoomLogService:
    return RoomLogService(house.access, RoomLogStore(house.database))


async def deeds(house: House, owner: Actor, room: Room) -> list[RoomDeed]:
    """The newest first."""
    page = await service(house).list_records(owner, room.id)
    return [record.deed for record in page.items]


async def test_playing_is_told_with_who_and_where_to(house: House, owner: Actor, room: Room) -> None:
    film = await house.film(owner, room)
    ann = await house.member("ann", room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id))
    await house.playback.apply(ann, room.id, Seek(position=60.0))
    await house.playback.apply(ann, room.id, Pause())
    paused, sought, loaded, joined, added = await deeds(house, owner, room)
    assert [deed.action for deed in (added, joined, loaded, sought, paused)] == [
        "media.added",
        "member.joined",
        "playback.loaded",
        "playback.sought",
        "playback.paused",
    ]
    assert sought.by is not None
    assert (sought.by.id, sought.by.name, sought.details) == (ann.user_id, "ann", {"position": 60.0})
    assert added.details["title"] == film.title


async def test_command_that_changes_nothing_is_not_told(house: House, owner: Actor, room: Room) -> None:
    film = await house.film(owner, room)
    await house.playback.apply(owner, room.id, Load(media_id=film.id, playing=False))
    before = await deeds(house, owner, room)
    await house.playback.apply(owner, room.id, Pause())
    assert await deeds(house, owner, room) == before


async def test_changes_are_told_before_and_after_and_no_password(
    house: House, owner: Actor, room: Room
) -> None:
    settings = SettingsEdit(control=Control.HOSTS)
    await house.rooms.update(
        owner, room.id, EditRoom(name="Late films", password="canary", settings=settings)
    )
    await house.rooms.update(owner, room.id, EditRoom(status=RoomStatus.CLOSED))
    closed, changed = await deeds(house, owner, room)
    assert changed.details == {
        "before": {"name": "Films", "has_password": False, "control": "everyone"},
        "after": {"name": "Late films", "has_password": True, "control": "hosts"},
    }
    assert (closed.action, closed.details["after"]) == ("room.closed", {"status": "closed"})


async def test_moderation_is_told_with_whom_it_met(house: House, owner: Actor, room: Room) -> None:
    ann, bob = await house.member("ann", room), await house.member("bob", room)
    await house.members.update(owner, room.id, ann.person(), EditMember(role=Role.ADMIN))
    message = (await house.chat.send(bob, room.id, SendChat(text="rude"))).message
    await house.chat.delete(ann, room.id, message.id)
    await house.members.kick(ann, room.id, bob.person())
    await house.bans.ban(ann, room.id, BanPerson(user_id=bob.person(), reason="spam"))
    await house.bans.unban(owner, room.id, bob.person())
    found = await deeds(house, owner, room)
    told = [(deed.action, deed.by and deed.by.name, deed.target and deed.target.name) for deed in found[:5]]
    assert told == [
        ("member.unbanned", "olga", "bob"),
        ("member.banned", "ann", "bob"),
        ("member.kicked", "ann", "bob"),
        ("message.deleted", "ann", "bob"),
        ("member.changed", "olga", "ann"),
    ]
    assert found[4].details == {"before": {"role": "member"}, "after": {"role": "admin"}}
    assert "rude" not in repr(found)


async def test_what_was_refused_is_not_told(house: House, owner: Actor, room: Room) -> None:
    await house.rooms.close(owner, room.id)
    before = await deeds(house, owner, room)
    with pytest.raises(Conflict):
        await house.playback.apply(owner, room.id, Seek(position=1.0))
    assert await deeds(house, owner, room) == before


async def test_administrator_of_the_site_acts_under_no_name(house: House, owner: Actor, room: Room) -> None:
    await house.rooms.close(await house.person("adam", SiteRole.ADMIN), room.id)
    (closed,) = await deeds(house, owner, room)
    assert (closed.action, closed.by) == ("room.closed", None)


async def test_log_needs_its_permission(house: House, owner: Actor, room: Room) -> None:
    ann = await house.member("ann", room)
    with pytest.raises(Forbidden) as refused:
        await service(house).list_records(ann, room.id)
    assert refused.value.code == "room.no_permission"
    with pytest.raises(Forbidden):
        await service(house).list_records(await house.person("bob"), room.id)
    allowed = EditMember(allow=Permission.VIEW_ROOM_LOG)
    await house.members.update(owner, room.id, ann.person(), allowed)
    assert await service(house).list_records(ann, room.id)


async def test_log_comes_in_pages_and_is_forgotten_in_time(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    for position in range(3):
        await house.film(owner, room, f"https://films.example/{position}.mp4")
        clock.moment += DAY
    first = await service(house).list_records(owner, room.id, limit=2)
    rest = await service(house).list_records(owner, room.id, cursor=first.next_cursor, limit=2)
    titles = [record.deed.details["title"] for record in (*first.items, *rest.items)]
    assert titles == sorted(titles, reverse=True)
    assert await RoomLogStore(house.database).delete_expired(clock.moment - 2 * DAY) == 1
    assert len(await deeds(house, owner, room)) == 2
