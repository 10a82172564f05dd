"""Memberships in the database: accounts and guests alike. Called by services, inside the room's turn to write."""

from __future__ import annotations

from typing import Any

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Override, Permission, Role
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import Members

_FIND = """
SELECT room_id, user_id, name, role, allow, deny, muted_until, joined_at, invited_by
FROM members WHERE room_id = {} AND user_id = {} AND left_at IS NULL
"""
_FIND_FORMER = """
SELECT room_id, user_id, name, role, allow, deny, muted_until, joined_at, invited_by
FROM members WHERE room_id = {} AND user_id = {} AND left_at IS NOT NULL
"""
_ADD = """
INSERT INTO members (room_id, user_id, name, role, allow, deny, muted_until, joined_at, invited_by)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (room_id, user_id) DO UPDATE SET name = excluded.name, role = excluded.role,
    allow = excluded.allow, deny = excluded.deny, muted_until = excluded.muted_until,
    joined_at = excluded.joined_at, invited_by = excluded.invited_by, left_at = NULL
WHERE members.left_at IS NOT NULL
RETURNING user_id
"""
_DELETE_STALE_GUESTS = """
DELETE FROM members WHERE role = 'guest' AND NOT EXISTS (
    SELECT 1 FROM sessions s WHERE s.user_id = members.user_id AND s.ended_at IS NULL AND s.expires_at >= {}
)
RETURNING user_id
"""


class MemberStore:
    """One row per person and room. Who has left keeps the row, seen only by `find_former`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, member: Member) -> None:
        """A new membership, or one anew; Conflict `room.already_member`."""
        values = (member.room_id, member.person.id, *_values(member).values(), member.joined_at)
        if not await self._database.fetch(_ADD, *values, member.invited_by):
            raise Conflict(f"{member.person.name} is in the room already", code="room.already_member")

    async def find_member(self, room_id: RoomId, user_id: UserId) -> Member | None:
        row = await self._database.fetch_one(_FIND, room_id, user_id)
        return None if row is None else member_of(row)

    async def find_former(self, room_id: RoomId, user_id: UserId) -> Member | None:
        """The membership of one who has left, as it was then."""
        row = await self._database.fetch_one(_FIND_FORMER, room_id, user_id)
        return None if row is None else member_of(row)

    async def list_members(self, room_id: RoomId, cursor: str | None, limit: int) -> Page[Member]:
        """In the order in which they came."""
        query = (
            Members.select()
            .where(Members.room_id == room_id, Members.left_at.is_null())
            .order_by(Members.joined_at, Members.user_id)
            .limit(limit + 1)
        )
        if cursor is not None:
            joined_at, user_id = cursors.decode(cursor, tuple[int, str])
            query = query.where(
                (Members.joined_at > joined_at)
                | ((Members.joined_at == joined_at) & (Members.user_id > user_id))
            )
        rows = await self._database.run(query)
        return cursors.page(rows, limit, member_of, lambda row: (row["joined_at"], row["user_id"]))

    async def count_members(self, room_id: RoomId) -> int:
        rows = await self._database.fetch(
            "SELECT COUNT(*) AS number FROM members WHERE room_id = {} AND left_at IS NULL", room_id
        )
        return int(rows[0]["number"])

    async def update(self, member: Member) -> None:
        """Keep name, role, permissions and mute; NotFound when this person is not in the room."""
        query = Members.update(**_values(member)).where(
            Members.room_id == member.room_id,
            Members.user_id == member.person.id,
            Members.left_at.is_null(),
        )
        if not await self._database.run(query.returning(Members.user_id)):
            raise NotFound("this person is not in the room", code="member.not_found")

    async def remove(self, room_id: RoomId, user_id: UserId, now: Millis) -> bool:
        """End the membership; False where there was none."""
        query = Members.update({Members.left_at: now}).where(
            Members.room_id == room_id, Members.user_id == user_id, Members.left_at.is_null()
        )
        removed = await self._database.run(query.returning(Members.user_id))
        return bool(removed)

    async def delete_stale_guests(self, before: Millis) -> int:
        """Forget guests whose sign-ins ended, or expired before this moment; how many there were.

        They never come back under the same id, and would fill their rooms.
        """
        return len(await self._database.fetch(_DELETE_STALE_GUESTS, before))

    async def rename(self, user_id: UserId, name: str) -> None:
        """Show one person under another name in all rooms."""
        await self._database.run(Members.update({Members.name: name}).where(Members.user_id == user_id))


def member_of(row: Row, prefix: str = "") -> Member:
    """The membership in a row whose columns are named with `prefix`; shared with the join of `rooms.py`."""
    return Member(
        room_id=RoomId(row[f"{prefix}room_id"]),
        person=Person(UserId(row[f"{prefix}user_id"]), row[f"{prefix}name"]),
        role=Role(row[f"{prefix}role"]),
        joined_at=row[f"{prefix}joined_at"],
        own=Override(Permission(row[f"{prefix}allow"]), Permission(row[f"{prefix}deny"])),
        muted_until=row[f"{prefix}muted_until"],
        invited_by=row[f"{prefix}invited_by"],
    )


def _values(member: Member) -> dict[str, Any]:
    return {
        "name": member.person.name,
        "role": member.role.value,
        "allow": int(member.own.allow),
        "deny": int(member.own.deny),
        "muted_until": member.muted_until,
    }
