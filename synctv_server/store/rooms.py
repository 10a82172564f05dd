"""Rooms in the database. A deleted one keeps its row and is seen by none of these methods. Called by services."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Control
from synctv_server.domain.rooms import Room, RoomSettings, RoomStatus, Visibility, WaitPolicy
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.members import member_of
from synctv_server.store.tables import Rooms

# The columns of a room, and its owner's present name.
_SELECT = """
SELECT r.id, r.name, r.description, r.visibility, r.status, r.owner_id, r.password_hash, r.allow_guests,
    r.max_members, r.control, r.wait_policy, r.version, r.playlist_version, r.created_at, r.updated_at,
    o.username AS owner_name
FROM rooms r JOIN users o ON o.id = r.owner_id
"""
_BY_ID = _SELECT + "WHERE r.id = {} AND r.deleted_at IS NULL"
_WITH_MEMBER = """
SELECT r.id, r.name, r.description, r.visibility, r.status, r.owner_id, r.password_hash, r.allow_guests,
    r.max_members, r.control, r.wait_policy, r.version, r.playlist_version, r.created_at, r.updated_at,
    o.username AS owner_name,
    m.room_id AS member_room_id, m.user_id AS member_user_id, m.name AS member_name, m.role AS member_role,
    m.allow AS member_allow, m.deny AS member_deny, m.muted_until AS member_muted_until,
    m.joined_at AS member_joined_at, m.invited_by AS member_invited_by
FROM rooms r JOIN users o ON o.id = r.owner_id
LEFT JOIN members m ON m.room_id = r.id AND m.user_id = {} AND m.left_at IS NULL
WHERE r.id = {} AND r.deleted_at IS NULL
"""
_BUMP = """
UPDATE rooms SET playlist_version = playlist_version + 1 WHERE id = {} AND deleted_at IS NULL
RETURNING playlist_version
"""


class RoomStore:
    """One row per room; lists begin with the newest room."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, room: Room) -> None:
        row = Rooms(
            **_values(room),
            id=room.id,
            playlist_version=room.playlist_version,
            created_at=room.created_at,
        )
        await self._database.run(Rooms.insert(row))

    async def get_room(self, room_id: RoomId) -> Room:
        """The room; NotFound when there is none with this id."""
        room = await self.find_room(room_id)
        if room is None:
            raise _no_such_room()
        return room

    async def find_room(self, room_id: RoomId) -> Room | None:
        row = await self._database.fetch_one(_BY_ID, room_id)
        return None if row is None else _room(row)

    async def find_with_member(self, room_id: RoomId, user_id: UserId) -> tuple[Room, Member | None] | None:
        """The room, and one person's membership in it, in one query."""
        row = await self._database.fetch_one(_WITH_MEMBER, user_id, room_id)
        if row is None:
            return None
        return _room(row), None if row["member_user_id"] is None else member_of(row, "member_")

    async def update(self, room: Room, expected_version: int) -> Room:
        """The room as it is kept now, one version on, its playlist's version untouched.

        Conflict `room.changed` when its version is another than expected.
        """
        kept = replace(room, version=expected_version + 1)
        query = Rooms.update(**_values(kept)).where(
            Rooms.id == room.id, Rooms.version == expected_version, Rooms.deleted_at.is_null()
        )
        if not await self._database.run(query.returning(Rooms.id)):
            raise Conflict("the room has been changed in between; read it again", code="room.changed")
        return kept

    async def delete(self, room_id: RoomId, now: Millis) -> None:
        """Hide it from everything else; NotFound when there is none."""
        query = Rooms.update({Rooms.deleted_at: now}).where(Rooms.id == room_id, Rooms.deleted_at.is_null())
        if not await self._database.run(query.returning(Rooms.id)):
            raise _no_such_room()

    async def bump_playlist(self, room_id: RoomId) -> int:
        """The new version of the room's playlist; NotFound when there is no such room."""
        row = await self._database.fetch_one(_BUMP, room_id)
        if row is None:
            raise _no_such_room()
        return int(row["playlist_version"])

    async def list_public(self, cursor: str | None, limit: int, *, search: str | None = None) -> Page[Room]:
        """Public rooms that are open; `search` is a part of the name, without case."""
        conditions = _Conditions("r.visibility = 'public' AND r.status = 'active'")
        if search:
            conditions.add("r.search_key LIKE {} ESCAPE '!'", f"%{_escaped(search.casefold())}%")
        return await self._list(conditions, cursor, limit)

    async def list_of(self, user_id: UserId, cursor: str | None, limit: int) -> Page[Room]:
        """The rooms that a person is a member of."""
        conditions = _Conditions()
        conditions.add(
            "r.id IN (SELECT room_id FROM members WHERE user_id = {} AND left_at IS NULL)", user_id
        )
        return await self._list(conditions, cursor, limit)

    async def list_all(
        self, cursor: str | None, limit: int, *, status: RoomStatus | None = None
    ) -> Page[Room]:
        """All rooms of the site, for its administrators."""
        conditions = _Conditions()
        if status is not None:
            conditions.add("r.status = {}", status.value)
        return await self._list(conditions, cursor, limit)

    async def _list(self, conditions: _Conditions, cursor: str | None, limit: int) -> Page[Room]:
        if cursor is not None:
            conditions.add("r.id < {}", cursors.decode(cursor, tuple[str])[0])
        sql = f"{_SELECT} WHERE {conditions.sql} ORDER BY r.id DESC LIMIT {{}}"
        rows = await self._database.fetch(sql, *conditions.arguments, limit + 1)
        return cursors.page(rows, limit, _room, lambda row: (row["id"],))


class _Conditions:
    """What a list of rooms is narrowed by: fixed SQL, with its arguments beside it."""

    def __init__(self, *fixed: str) -> None:
        self._parts = ["r.deleted_at IS NULL", *fixed]
        self.arguments: list[Any] = []

    def add(self, sql: str, argument: object) -> None:
        self._parts.append(sql)
        self.arguments.append(argument)

    @property
    def sql(self) -> str:
        return " AND ".join(self._parts)


def _escaped(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return text


def _values(room: Room) -> dict[str, Any]:
    return {
        "name": room.name,
        "search_key": room.name.casefold(),
        "description": room.description,
        "visibility": room.visibility.value,
        "status": room.status.value,
        "owner_id": room.owner.id,
        "password_hash": room.password_hash,
        "allow_guests": room.settings.allow_guests,
        "max_members": room.settings.max_members,
        "control": room.settings.control.value,
        "wait_policy": room.settings.wait_policy.value,
        "version": room.version,
        "updated_at": room.updated_at,
    }


def _room(row: Row) -> Room:
    return Room(
        id=RoomId(row["id"]),
        name=row["name"],
        visibility=Visibility(row["visibility"]),
        owner=Person(UserId(row["owner_id"]), row["owner_name"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        description=row["description"],
        status=RoomStatus(row["status"]),
        settings=RoomSettings(
            allow_guests=bool(row["allow_guests"]),
            max_members=row["max_members"],
            control=Control(row["control"]),
            wait_policy=WaitPolicy(row["wait_policy"]),
        ),
        password_hash=row["password_hash"],
        version=row["version"],
        playlist_version=row["playlist_version"],
    )


def _no_such_room() -> NotFound:
    return NotFound("there is no such room", code="room.not_found")
