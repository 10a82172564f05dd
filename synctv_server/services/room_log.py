"""The log of a room, for those who look after it. Called by the front door; lines are written by the room's turns."""

from __future__ import annotations

from synctv_server.domain.ids import RoomId
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Permission
from synctv_server.domain.room_log import RoomRecord
from synctv_server.domain.sessions import Actor
from synctv_server.services.permissions import RoomAccess
from synctv_server.store.room_log import RoomLogStore


class RoomLogService:
    """Kept for 90 days."""

    def __init__(self, access: RoomAccess, store: RoomLogStore) -> None:
        self._access = access
        self._store = store

    async def list_records(
        self, actor: Actor, room_id: RoomId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[RoomRecord]:
        """What people did, the newest first. Needs `view_room_log`."""
        await self._access.enter(actor, room_id, Permission.VIEW_ROOM_LOG, even_closed=True)
        return await self._store.list_records(room_id, cursor, limit)
