"""`/rooms/{room_id}/join`, `/leave` and `/members`: people come, go, and are given or denied something."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.api.call import Call
from synctv_server.api.http.objects.given import given
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.api.http.objects.people import Password
from synctv_server.domain.commands import EditMember
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Permission, Role, from_names
from synctv_server.realtime.wire import MemberObject, member_object

_Names = Annotated[
    list[str], Meta(max_length=64, description="Names of permissions.", examples=[["add_media"]])
]
_Millis = Annotated[int, Meta(ge=0, le=1 << 53, description="Milliseconds since the Unix epoch.")]


class Joining(Struct, forbid_unknown_fields=True, kw_only=True):
    password: Password | None = None
    invite: Annotated[str, Meta(max_length=200)] | None = None


class MemberPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; a `muted_until` of null ends a mute."""

    role: Role | UnsetType = UNSET
    allow: _Names | UnsetType = UNSET
    deny: _Names | UnsetType = UNSET
    muted_until: _Millis | UnsetType | None = UNSET

    def command(self) -> EditMember:
        return EditMember(
            role=given(self.role),
            allow=_mask("allow", self.allow),
            deny=_mask("deny", self.deny),
            muted_until=given(self.muted_until),
            unmute=self.muted_until is None,
        )


class MembersController(Controller):
    path = "/rooms/{room_id:str}"
    tags = ("members",)

    @post("/join", operation_id="joinRoom", summary="Become a member", status_code=200)
    async def join(
        self, request: Call, room_id: FromPath[str], data: JSONBody[Joining | None] = None
    ) -> MemberObject:
        """Joining twice is joining once."""
        member = await request.parts.members.join(
            request.actor,
            RoomId(room_id),
            password=None if data is None else data.password,
            address=request.remote.address,
        )
        return _shown(request, member)

    @post("/leave", operation_id="leaveRoom", summary="Be a member no more", status_code=204)
    async def leave(self, request: Call, room_id: FromPath[str]) -> None:
        """What one has added stays. The owner cannot leave."""
        await request.parts.members.leave(request.actor, RoomId(room_id))

    @get("/members", operation_id="listMembers", summary="Who is in the room")
    async def list_members(
        self, request: Call, room_id: FromPath[str], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[MemberObject]:
        room = RoomId(room_id)
        page = await request.parts.members.list_members(request.actor, room, cursor=cursor, limit=limit)
        present, now = request.parts.presence_of(room), request.parts.now()
        return listed(page, lambda member: member_object(member, now, present=member.person.id in present))

    @patch("/members/{user_id:str}", operation_id="editMember", summary="Give, deny, mute or promote")
    async def edit(
        self, request: Call, room_id: FromPath[str], user_id: FromPath[str], data: JSONBody[MemberPatch]
    ) -> MemberObject:
        """Nobody gives what they do not hold, or touches an equal or higher rank."""
        member = await request.parts.members.update(
            request.actor, RoomId(room_id), UserId(user_id), data.command()
        )
        return _shown(request, member)

    @delete("/members/{user_id:str}", operation_id="kickMember", summary="Show somebody the door")
    async def kick(self, request: Call, room_id: FromPath[str], user_id: FromPath[str]) -> None:
        await request.parts.members.kick(request.actor, RoomId(room_id), UserId(user_id))


def _shown(request: Call, member: Member) -> MemberObject:
    present = request.parts.presence_of(member.room_id)
    return member_object(member, request.parts.now(), present=member.person.id in present)


def _mask(field: str, names: list[str] | UnsetType) -> Permission | None:
    return None if isinstance(names, UnsetType) else from_names(field, names)
