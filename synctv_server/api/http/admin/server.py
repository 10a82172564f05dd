"""`/admin/rooms` and `/admin/status`: the rooms and the state of the whole server."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from synctv_server.api.call import Call
from synctv_server.api.http.etags import tagged
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.domain.ids import RoomId
from synctv_server.domain.rooms import RoomScope
from synctv_server.realtime.statuses import Drift
from synctv_server.realtime.wire import RoomObject, room_object


class StatusObject(Struct, frozen=True, kw_only=True):
    version: str
    uptime_seconds: int
    database: Annotated[str, Meta(description="`sqlite` or `postgres`.")]
    rooms_live: int
    connections: int
    setup_url: Annotated[
        str | UnsetType, Meta(description="For the operator alone, while there is no root account.")
    ] = UNSET


class DriftObject(Struct, frozen=True, kw_only=True):
    """How far the viewers whose players run are from the room, either way, by the latest report of each."""

    viewers: int
    p50_ms: float
    p95_ms: float


class AdminRoomObject(RoomObject, frozen=True, kw_only=True):
    """A room, and how its viewers do."""

    drift: Annotated[DriftObject | None, Meta(description="Null while nobody plays.")]


class AdminRoomsController(Controller):
    path = "/rooms"

    @get("/", operation_id="adminListRooms", summary="All rooms")
    async def list_rooms(
        self, request: Call, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[RoomObject]:
        page = await request.parts.rooms.list_rooms(
            request.actor, scope=RoomScope.ALL, cursor=cursor, limit=limit
        )
        return listed(page, room_object)

    @get("/{room_id:str}", operation_id="adminGetRoom", summary="Show a room")
    async def show(self, request: Call, room_id: FromPath[str]) -> Response[AdminRoomObject]:
        room = await request.parts.rooms.get(request.actor, RoomId(room_id))
        drift = _drift_object(request.parts.drift_in(room.id))
        return tagged(AdminRoomObject(**structs.asdict(room_object(room)), drift=drift), room.version)

    @post("/{room_id:str}/close", operation_id="adminCloseRoom", summary="Close a room", status_code=200)
    async def close(self, request: Call, room_id: FromPath[str]) -> Response[RoomObject]:
        """Its sockets close, and nobody comes in until it is opened again."""
        room = await request.parts.rooms.close(request.actor, RoomId(room_id))
        return tagged(room_object(room), room.version)


class AdminStatusController(Controller):
    path = "/status"

    @get("/", operation_id="adminGetStatus", summary="How the server does")
    async def show(self, request: Call) -> StatusObject:
        status = request.parts.status()
        return StatusObject(
            version=status.version,
            uptime_seconds=status.uptime_seconds,
            database=status.database,
            rooms_live=status.rooms_live,
            connections=status.connections,
            setup_url=await _setup_url(request),
        )


def _drift_object(drift: Drift | None) -> DriftObject | None:
    if drift is None:
        return None
    return DriftObject(viewers=drift.viewers, p50_ms=round(drift.p50_ms, 1), p95_ms=round(drift.p95_ms, 1))


async def _setup_url(request: Call) -> str | UnsetType:
    """The link that makes the first account is for the operator's eyes alone."""
    if not request.actor.is_operator:
        return UNSET
    link = await request.parts.setup.ensure_link(request.parts.link_base, replace_expired=False)
    return UNSET if link is None else link.url
