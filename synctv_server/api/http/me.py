"""`/me`: one's own account, password and devices."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.api.call import Call
from synctv_server.api.http.etags import IfMatch, expected_version, tagged
from synctv_server.api.http.objects.given import given
from synctv_server.api.http.objects.lists import ListOf
from synctv_server.api.http.objects.people import (
    Email,
    Password,
    SessionObject,
    Username,
    UserObject,
    session_object,
    user_object,
)
from synctv_server.domain.ids import SessionId
from synctv_server.domain.users import EditAccount


class MePatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; an `email` of null takes the address away."""

    username: Username | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET


class PasswordChange(Struct, forbid_unknown_fields=True, kw_only=True):
    current_password: Annotated[Password, Meta(description="The one until now.")]
    new_password: Password


class MeController(Controller):
    path = "/me"
    tags = ("accounts",)

    @get("/", operation_id="getMe", summary="Show one's own account")
    async def show(self, request: Call) -> Response[UserObject]:
        user = await request.parts.users.me(request.actor)
        return tagged(user_object(user), user.version)

    @patch("/", operation_id="editMe", summary="Change one's name or e-mail address")
    async def edit(
        self, request: Call, data: JSONBody[MePatch], if_match: IfMatch = None
    ) -> Response[UserObject]:
        """The name changes in all rooms."""
        email = "" if data.email is None else given(data.email)
        user = await request.parts.users.update_me(
            request.actor,
            EditAccount(username=given(data.username), email=email),
            expected_version=expected_version(if_match),
        )
        return tagged(user_object(user), user.version)

    @post("/password", operation_id="changePassword", summary="Choose another password", status_code=204)
    async def change_password(self, request: Call, data: JSONBody[PasswordChange]) -> None:
        """All other sign-ins end."""
        await request.parts.login.change_password(request.actor, data.current_password, data.new_password)

    @get("/sessions", operation_id="listMySessions", summary="One's sign-ins")
    async def list_sessions(self, request: Call) -> ListOf[SessionObject]:
        sessions = await request.parts.sessions.list_sessions(request.actor, request.actor.person())
        current = request.actor.session_id
        return ListOf([session_object(session, current=current) for session in sessions], None)

    @delete("/sessions/{session_id:str}", operation_id="endMySession", summary="End a sign-in")
    async def end_session(self, request: Call, session_id: FromPath[str]) -> None:
        """Its tokens are good for nothing at once, and its sockets close."""
        await request.parts.sessions.end(request.actor, SessionId(session_id))
