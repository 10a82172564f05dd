"""Bans from rooms. Called by the services that admit people and that ban them."""

from __future__ import annotations

from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Ban
from synctv_server.domain.pages import Page
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import Bans

_PUT = """
INSERT INTO bans (room_id, user_id, name, by_id, by_name, reason, created_at, ends_at, address)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (room_id, user_id) DO UPDATE SET name = excluded.name, by_id = excluded.by_id,
    by_name = excluded.by_name, reason = excluded.reason, created_at = excluded.created_at,
    ends_at = excluded.ends_at, address = excluded.address
"""
_FIND = """
SELECT room_id, user_id, name, by_id, by_name, reason, created_at, ends_at, address
FROM bans WHERE room_id = {} AND user_id = {} AND (ends_at IS NULL OR ends_at > {})
"""
_FIND_BY_ADDRESS = """
SELECT room_id, user_id, name, by_id, by_name, reason, created_at, ends_at, address
FROM bans WHERE room_id = {} AND address = {} AND (ends_at IS NULL OR ends_at > {})
LIMIT 1
"""


class BanStore:
    """One row per person and room; one whose end has passed is as if it were not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, ban: Ban) -> None:
        """In place of an older one of the same person."""
        await self._database.fetch(
            _PUT,
            ban.room_id,
            ban.person.id,
            ban.person.name,
            ban.by.id,
            ban.by.name,
            ban.reason,
            ban.created_at,
            ban.until,
            ban.address,
        )

    async def find_ban(
        self, room_id: RoomId, user_id: UserId, address: str | None, now: Millis
    ) -> Ban | None:
        """The ban in force of this person, or of a guest from this address."""
        row = await self._database.fetch_one(_FIND, room_id, user_id, now)
        if row is None and address is not None:
            row = await self._database.fetch_one(_FIND_BY_ADDRESS, room_id, address, now)
        return None if row is None else _ban(row)

    async def list_bans(self, room_id: RoomId, now: Millis, cursor: str | None, limit: int) -> Page[Ban]:
        """Those in force, the oldest first."""
        query = (
            Bans.select()
            .where(Bans.room_id == room_id, Bans.ends_at.is_null() | (Bans.ends_at > now))
            .order_by(Bans.created_at, Bans.user_id)
            .limit(limit + 1)
        )
        if cursor is not None:
            created_at, user_id = cursors.decode(cursor, tuple[int, str])
            query = query.where(
                (Bans.created_at > created_at) | ((Bans.created_at == created_at) & (Bans.user_id > user_id))
            )
        rows = await self._database.run(query)
        return cursors.page(rows, limit, _ban, lambda row: (row["created_at"], row["user_id"]))

    async def remove(self, room_id: RoomId, user_id: UserId) -> bool:
        """Lift it; False where there was none."""
        query = Bans.delete().where(Bans.room_id == room_id, Bans.user_id == user_id)
        lifted = await self._database.run(query.returning(Bans.user_id))
        return bool(lifted)


def _ban(row: Row) -> Ban:
    return Ban(
        room_id=RoomId(row["room_id"]),
        person=Person(UserId(row["user_id"]), row["name"]),
        by=Person(UserId(row["by_id"]), row["by_name"]),
        reason=row["reason"],
        created_at=row["created_at"],
        until=row["ends_at"],
        address=row["address"],
    )
