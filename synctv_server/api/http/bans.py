"""`/rooms/{room_id}/bans`: who may not come in any more."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.domain.commands import BanPerson
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Ban
from synctv_server.realtime.wire import PersonObject, person_object

_Millis = Annotated[int, Meta(ge=0, le=1 << 53, description="Milliseconds since the Unix epoch.")]


class BanBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without `until` the ban has no end."""

    user_id: Annotated[str, Meta(max_length=64)]
    reason: str = ""
    until: _Millis | None = None


class BanObject(Struct, frozen=True, kw_only=True):
    """A ban that is in force."""

    user: PersonObject
    by: PersonObject
    reason: str
    created_at: _Millis
    until: _Millis | None


class BansController(Controller):
    path = "/rooms/{room_id:str}/bans"
    tags = ("members",)

    @get("/", operation_id="listBans", summary="Who is banned from the room")
    async def list_bans(
        self, request: Call, room_id: FromPath[str], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[BanObject]:
        page = await request.parts.bans.list_bans(request.actor, RoomId(room_id), cursor=cursor, limit=limit)
        return listed(page, _ban_object)

    @post("/", operation_id="banPerson", summary="Ban somebody from the room")
    async def ban(self, request: Call, room_id: FromPath[str], data: JSONBody[BanBody]) -> BanObject:
        """In force at once; a new ban of the same person replaces the older one."""
        wanted = BanPerson(user_id=UserId(data.user_id), reason=data.reason, until=data.until)
        return _ban_object(await request.parts.bans.ban(request.actor, RoomId(room_id), wanted))

    @delete("/{user_id:str}", operation_id="unbanPerson", summary="Let somebody in again")
    async def unban(self, request: Call, room_id: FromPath[str], user_id: FromPath[str]) -> None:
        await request.parts.bans.unban(request.actor, RoomId(room_id), UserId(user_id))


def _ban_object(ban: Ban) -> BanObject:
    return BanObject(
        user=person_object(ban.person),
        by=person_object(ban.by),
        reason=ban.reason,
        created_at=ban.created_at,
        until=ban.until,
    )
