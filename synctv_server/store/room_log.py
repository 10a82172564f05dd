"""What people did in rooms, one row each. Written by the room's turn, read by the service of the room log."""

from __future__ import annotations

import json
from collections.abc import Sequence

from synctv_server.domain.ids import RecordId, RoomId, UserId
from synctv_server.domain.pages import Page
from synctv_server.domain.room_log import RoomDeed, RoomRecord
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import RoomLog

_ADD = """
INSERT INTO room_log (id, room_id, at, by_id, by_name, action, target_id, target_name, details)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})
"""


class RoomLogStore:
    """Rows in the order of their ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, records: Sequence[RoomRecord]) -> None:
        """Keep them, in the transaction of what they tell of."""
        for record in records:
            by, target = record.deed.by, record.deed.target
            await self._database.fetch(
                _ADD,
                record.id,
                record.room_id,
                record.at,
                None if by is None else by.id,
                None if by is None else by.name,
                record.deed.action,
                None if target is None else target.id,
                None if target is None else target.name,
                json.dumps(record.deed.details, separators=(",", ":")),
            )

    async def list_records(self, room_id: RoomId, cursor: str | None, limit: int) -> Page[RoomRecord]:
        """Those of one room, the newest first."""
        query = (
            RoomLog.select()
            .where(RoomLog.room_id == room_id)
            .order_by(RoomLog.id, ascending=False)
            .limit(limit + 1)
        )
        if cursor is not None:
            (before,) = cursors.decode(cursor, tuple[str])
            query = query.where(RoomLog.id < before)
        rows = await self._database.run(query)
        return cursors.page(rows, limit, _record, lambda row: (row["id"],))

    async def delete_expired(self, before: Millis) -> int:
        """Forget what is older than this moment; how much there was."""
        gone = await self._database.fetch("DELETE FROM room_log WHERE at < {} RETURNING id", before)
        return len(gone)


def _record(row: Row) -> RoomRecord:
    by, target = _person(row["by_id"], row["by_name"]), _person(row["target_id"], row["target_name"])
    deed = RoomDeed(row["action"], by, target, json.loads(row["details"]))
    return RoomRecord(RecordId(row["id"]), RoomId(row["room_id"]), row["at"], deed)


def _person(user_id: str | None, name: str | None) -> Person | None:
    return None if user_id is None else Person(UserId(user_id), name or "")
