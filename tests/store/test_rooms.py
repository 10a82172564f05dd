"""Rooms, members and bans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.members import Ban, Member
from synctv_server.domain.permissions import Control, Override, Permission, Role
from synctv_server.domain.rooms import Room, RoomSettings, RoomStatus, Visibility
from synctv_server.domain.users import User
from synctv_server.store import Database
from synctv_server.store.bans import BanStore
from synctv_server.store.members import MemberStore
from synctv_server.store.rooms import RoomStore
from synctv_server.store.sessions import SessionStore
from synctv_server.store.users import UserStore
from tests.support import samples

NOW = samples.NOW


@pytest.fixture
def rooms(database: Database) -> RoomStore:
    return RoomStore(database)


@pytest.fixture
def members(database: Database) -> MemberStore:
    return MemberStore(database)


@pytest.fixture
def bans(database: Database) -> BanStore:
    return BanStore(database)


async def test_room_comes_back_as_it_was_kept(rooms: RoomStore, ann: User) -> None:
    private = replace(
        samples.room(samples.person_of(ann), "Ünïcode 电影", visibility=Visibility.PRIVATE),
        description="two\nlines",
        password_hash="a hash",
        settings=RoomSettings(allow_guests=True, max_members=7, control=Control.CINEMA),
    )
    await rooms.create(private)
    assert await rooms.get_room(private.id) == private
    assert await rooms.find_room(samples.ids.room()) is None


async def test_update_raises_the_version_and_refuses_a_stale_one(rooms: RoomStore, room: Room) -> None:
    kept = await rooms.update(replace(room, status=RoomStatus.CLOSED, updated_at=NOW + 1), room.version)
    assert kept.version == room.version + 1
    assert await rooms.get_room(room.id) == kept
    with pytest.raises(Conflict) as refused:
        await rooms.update(replace(room, name="Other"), room.version)
    assert refused.value.code == "room.changed"


async def test_room_shows_the_present_name_of_its_owner(
    rooms: RoomStore, room: Room, database: Database, ann: User
) -> None:
    await UserStore(database).update(replace(ann, username="Anna"), ann.version)
    assert (await rooms.get_room(room.id)).owner.name == "Anna"


async def test_deleted_room_is_seen_by_nothing(rooms: RoomStore, room: Room, ann: User) -> None:
    await rooms.delete(room.id, NOW)
    assert await rooms.find_room(room.id) is None
    assert await rooms.find_with_member(room.id, ann.id) is None
    assert (await rooms.list_all(None, 10)).items == ()
    for refused in (rooms.delete(room.id, NOW), rooms.bump_playlist(room.id), rooms.get_room(room.id)):
        with pytest.raises(NotFound):
            await refused
    with pytest.raises(Conflict):
        await rooms.update(room, room.version)


async def test_playlist_version_rises_by_itself(rooms: RoomStore, room: Room) -> None:
    assert [await rooms.bump_playlist(room.id) for _ in range(3)] == [1, 2, 3]
    kept = await rooms.update(replace(room, name="New"), room.version)
    assert (await rooms.get_room(room.id)).playlist_version == 3
    assert kept.name == "New"


async def test_only_open_public_rooms_are_listed(rooms: RoomStore, room: Room, ann: User) -> None:
    owner = samples.person_of(ann)
    closed = replace(samples.room(owner), status=RoomStatus.CLOSED)
    private = samples.room(owner, visibility=Visibility.PRIVATE)
    for other in (closed, private):
        await rooms.create(other)
    assert [one.id for one in (await rooms.list_public(None, 10)).items] == [room.id]
    everything = await rooms.list_all(None, 10)
    assert [one.id for one in everything.items] == [private.id, closed.id, room.id]
    assert (await rooms.list_all(None, 10, status=RoomStatus.CLOSED)).items == (closed,)


async def test_search_finds_a_part_of_the_name_without_case(rooms: RoomStore, ann: User) -> None:
    owner = samples.person_of(ann)
    names = ["ÉTUDE in C", "100% real", "1000 real", "under_score"]
    for name in names:
        await rooms.create(samples.room(owner, name))

    async def found(text: str) -> list[str]:
        return [one.name for one in (await rooms.list_public(None, 10, search=text)).items]

    assert await found("étude") == ["ÉTUDE in C"]
    assert await found("0% R") == ["100% real"]
    assert await found("r_s") == ["under_score"]
    assert await found("!") == []


async def test_pages_of_rooms_show_each_once_newest_first(rooms: RoomStore, ann: User) -> None:
    made = [samples.room(samples.person_of(ann), f"Room {number}") for number in range(5)]
    for one in made:
        await rooms.create(one)
    first = await rooms.list_public(None, 3)
    second = await rooms.list_public(first.next_cursor, 3)
    assert [*first.items, *second.items] == made[::-1]
    assert second.next_cursor is None


async def test_room_and_membership_come_in_one_query(
    rooms: RoomStore, members: MemberStore, room: Room, ann: User
) -> None:
    bob = samples.person("Bob")
    assert await rooms.find_with_member(room.id, bob.id) == (room, None)
    member = replace(
        samples.member(room, bob),
        own=Override(Permission.TRANSFER_ROOM, Permission.DELETE_ROOM | Permission.SEND_CHAT),
        muted_until=NOW + 1,
        invited_by=ann.id,
    )
    await members.add(member)
    assert await rooms.find_with_member(room.id, bob.id) == (room, member)
    assert [one.id for one in (await rooms.list_of(bob.id, None, 10)).items] == [room.id]


async def test_member_changes_and_keeps_when_it_came(members: MemberStore, room: Room) -> None:
    member = samples.member(room, samples.person("Bob"))
    await members.add(member)
    changed = replace(member, role=Role.ADMIN, own=Override(deny=Permission.SEND_CHAT), muted_until=NOW)
    await members.update(changed)
    assert await members.find_member(room.id, member.person.id) == changed
    with pytest.raises(Conflict) as refused:
        await members.add(member)
    assert refused.value.code == "room.already_member"


async def test_who_has_left_is_known_as_former_and_may_come_again(members: MemberStore, room: Room) -> None:
    member = replace(samples.member(room, samples.person("Bob")), muted_until=NOW + 5)
    await members.add(member)
    assert await members.find_former(room.id, member.person.id) is None
    assert await members.remove(room.id, member.person.id, NOW + 1)
    assert not await members.remove(room.id, member.person.id, NOW + 1)
    assert await members.find_member(room.id, member.person.id) is None
    assert await members.find_former(room.id, member.person.id) == member
    assert await members.count_members(room.id) == 0
    with pytest.raises(NotFound):
        await members.update(member)

    again = replace(member, joined_at=NOW + 9, muted_until=None)
    await members.add(again)
    assert await members.find_member(room.id, member.person.id) == again


async def test_pages_of_members_follow_the_order_of_coming(members: MemberStore, room: Room) -> None:
    came = [samples.member(room, samples.person(f"p{n}"), joined_at=NOW + n // 2) for n in range(7)]
    for one in came:
        await members.add(one)
    seen: list[Member] = []
    cursor: str | None = None
    while True:
        page = await members.list_members(room.id, cursor, 2)
        seen += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert seen == came
    assert await members.count_members(room.id) == 7


async def test_person_is_renamed_in_all_rooms(
    members: MemberStore, rooms: RoomStore, room: Room, ann: User
) -> None:
    other = samples.room(samples.person_of(ann))
    await rooms.create(other)
    bob = samples.person("Bob")
    for one in (room, other):
        await members.add(samples.member(one, bob))
    await members.rename(bob.id, "Robert")
    for one in (room, other):
        found = await members.find_member(one.id, bob.id)
        assert found is not None
        assert found.person.name == "Robert"


async def test_guest_whose_sign_in_is_over_is_forgotten_and_nobody_else(
    members: MemberStore, database: Database, room: Room, ann: User
) -> None:
    here, expired, ended = (samples.person(name) for name in ("here", "expired", "ended"))
    sessions = SessionStore(database)
    for guest in (here, expired, ended):
        await members.add(samples.member(room, guest, role=Role.GUEST))
        life = NOW + (1 if guest is expired else 100)
        session = samples.session(guest, guest_room=room.id, expires_at=life)
        await sessions.create(session, None)
        if guest is ended:
            await sessions.end(session.id, NOW)
    await members.add(samples.member(room, samples.person_of(ann)))
    assert await members.delete_stale_guests(NOW + 2) == 2
    left = {one.person for one in (await members.list_members(room.id, None, 9)).items}
    assert left == {here, samples.person_of(ann)}


async def test_ban_holds_for_the_person_and_a_guests_address_until_it_ends(
    bans: BanStore, room: Room
) -> None:
    guest = samples.person("Guest")
    ban = Ban(room.id, guest, room.owner, "noise", NOW, NOW + 10, "192.0.2.7")
    await bans.put(ban)
    stranger = samples.ids.user()
    assert await bans.find_ban(room.id, guest.id, None, NOW) == ban
    assert await bans.find_ban(room.id, stranger, "192.0.2.7", NOW) == ban
    assert await bans.find_ban(room.id, stranger, "192.0.2.8", NOW) is None
    assert await bans.find_ban(room.id, stranger, None, NOW) is None
    assert await bans.find_ban(room.id, guest.id, "192.0.2.7", NOW + 10) is None
    assert (await bans.list_bans(room.id, NOW + 10, None, 10)).items == ()


async def test_newer_ban_replaces_the_older_and_is_lifted(bans: BanStore, room: Room) -> None:
    bob = samples.person("Bob")
    await bans.put(Ban(room.id, bob, room.owner, "first", NOW, NOW + 1))
    newer = Ban(room.id, bob, room.owner, "second", NOW + 2)
    await bans.put(newer)
    assert (await bans.list_bans(room.id, NOW + 3, None, 10)).items == (newer,)
    assert await bans.remove(room.id, bob.id)
    assert not await bans.remove(room.id, bob.id)


async def test_pages_of_bans_show_each_once(bans: BanStore, room: Room) -> None:
    made = [Ban(room.id, samples.person(f"b{n}"), room.owner, "", NOW + n // 3) for n in range(5)]
    for one in made:
        await bans.put(one)
    first = await bans.list_bans(room.id, NOW, None, 2)
    second = await bans.list_bans(room.id, NOW, first.next_cursor, 3)
    assert [*first.items, *second.items] == made
