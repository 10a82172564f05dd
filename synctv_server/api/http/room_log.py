"""`/rooms/{room_id}/log`: what people did in a room."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.api.http.objects.people import Moment
from synctv_server.domain.ids import RoomId
from synctv_server.domain.room_log import RoomRecord
from synctv_server.domain.times import to_rfc3339
from synctv_server.realtime.wire import PersonObject, person_object


class RoomRecordObject(Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: str
    at: Moment
    by: Annotated[PersonObject | None, Meta(description="Null where an administrator of the server did it.")]
    action: Annotated[str, Meta(description="Like `playback.sought`, `member.kicked`, `room.changed`.")]
    target: PersonObject | None
    details: dict[str, Any]


class RoomLogController(Controller):
    path = "/rooms/{room_id:str}/log"
    tags = ("rooms",)

    @get("/", operation_id="listRoomLog", summary="What people did in the room, the newest first")
    async def list_records(
        self, request: Call, room_id: FromPath[str], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[RoomRecordObject]:
        """Kept for 90 days; for those who hold `view_room_log`."""
        page = await request.parts.room_log.list_records(
            request.actor, RoomId(room_id), cursor=cursor, limit=limit
        )
        return listed(page, _record_object)


def _record_object(record: RoomRecord) -> RoomRecordObject:
    deed = record.deed
    return RoomRecordObject(
        id=record.id,
        at=to_rfc3339(record.at),
        by=None if deed.by is None else person_object(deed.by),
        action=deed.action,
        target=None if deed.target is None else person_object(deed.target),
        details=dict(deed.details),
    )
