"""`/rooms`: making, finding, showing, editing, closing and deleting them."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from synctv_server.api.call import Call
from synctv_server.api.http.admission import FOR_EVERYBODY, OPTIONAL
from synctv_server.api.http.etags import IfMatch, expected_version, tagged
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.api.http.objects.rooms import RoomBody, RoomPatch, SeenRoom, seen_room
from synctv_server.domain.ids import RoomId
from synctv_server.domain.rooms import RoomScope
from synctv_server.realtime.wire import RoomObject, room_object

_Search = Annotated[str | None, QueryParameter(max_length=100, description="Part of the name.")]
_Scope = Annotated[RoomScope, QueryParameter(name="scope", description="`all` is for administrators.")]


class RoomsController(Controller):
    path = "/rooms"
    tags = ("rooms",)

    @post("/", operation_id="createRoom", summary="Make a room")
    async def create(self, request: Call, data: JSONBody[RoomBody]) -> Response[RoomObject]:
        """The one who makes it owns it."""
        room = await request.parts.rooms.create(request.actor, data.command())
        return tagged(room_object(room), room.version, status_code=201)

    @get("/", operation_id="listRooms", summary="Find rooms")
    async def list_rooms(
        self,
        request: Call,
        which: _Scope = RoomScope.PUBLIC,
        search: _Search = None,
        cursor: Cursor = None,
        limit: Limit = LIMIT_DEFAULT,
    ) -> ListOf[RoomObject]:
        """Public rooms, or those that one is a member of."""
        page = await request.parts.rooms.list_rooms(
            request.actor, scope=which, search=search, cursor=cursor, limit=limit
        )
        return listed(page, room_object)

    @get(
        "/{room_id:str}",
        operation_id="getRoom",
        summary="Show a room",
        opt=FOR_EVERYBODY,
        security=OPTIONAL,
    )
    async def show(self, request: Call, room_id: FromPath[str]) -> Response[SeenRoom]:
        """Who is not in a private room sees its name and what it takes to enter."""
        view = await request.parts.rooms.view(request.user, RoomId(room_id))
        return tagged(seen_room(view), view.room.version)

    @patch("/{room_id:str}", operation_id="editRoom", summary="Edit, close or reopen a room")
    async def edit(
        self, request: Call, room_id: FromPath[str], data: JSONBody[RoomPatch], if_match: IfMatch = None
    ) -> Response[RoomObject]:
        room = await request.parts.rooms.update(
            request.actor, RoomId(room_id), data.command(), expected_version=expected_version(if_match)
        )
        return tagged(room_object(room), room.version)

    @delete("/{room_id:str}", operation_id="deleteRoom", summary="Delete a room")
    async def remove(self, request: Call, room_id: FromPath[str], if_match: IfMatch = None) -> None:
        """By its owner alone."""
        await request.parts.rooms.delete(
            request.actor, RoomId(room_id), expected_version=expected_version(if_match)
        )
