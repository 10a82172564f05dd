"""`/admin/users` and `/admin/invitations`: who has an account, and what it may do."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.etags import tagged
from synctv_server.api.http.idempotency import NOT_REPEATED
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.api.http.objects.people import (
    Email,
    Moment,
    Password,
    SessionObject,
    Username,
    UserObject,
    session_object,
    user_object,
)
from synctv_server.domain.ids import SessionId
from synctv_server.domain.text import invalid
from synctv_server.domain.times import Millis, from_rfc3339, to_rfc3339
from synctv_server.domain.users import SiteRole, User
from synctv_server.services.auth.recovery import LONGEST_SECONDS as RECOVERY_LONGEST_SECONDS
from synctv_server.services.invitations import LONGEST_SECONDS, USES_MOST

_WEEK_SECONDS = 7 * 24 * 3_600


class AccountBody(Struct, forbid_unknown_fields=True, kw_only=True):
    username: Username
    password: Password
    email: Email | None = None
    role: SiteRole = SiteRole.USER


class PasswordBody(Struct, forbid_unknown_fields=True, kw_only=True):
    password: Password


class RoleBody(Struct, forbid_unknown_fields=True, kw_only=True):
    role: SiteRole


class SiteBanBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without `until` the ban has no end."""

    reason: str
    until: Moment | None = None


class RecoveryBody(Struct, forbid_unknown_fields=True, kw_only=True):
    expires_in: Annotated[int, Meta(ge=60, le=RECOVERY_LONGEST_SECONDS, description="Seconds.")] = 3_600


class LinkObject(Struct, frozen=True, kw_only=True):
    """The link is shown this once; only a hash of its secret is kept."""

    url: str
    expires_at: Moment


class EndedObject(Struct, frozen=True, kw_only=True):
    """How many sign-ins are over now."""

    ended: int


class InvitationBody(Struct, forbid_unknown_fields=True, kw_only=True):
    role: SiteRole = SiteRole.USER
    uses: Annotated[int, Meta(ge=1, le=USES_MOST)] = 1
    expires_in: Annotated[int, Meta(ge=60, le=LONGEST_SECONDS, description="Seconds.")] = _WEEK_SECONDS


class AdminUsersController(Controller):
    path = "/users"

    @get("/", operation_id="adminListUsers", summary="All accounts")
    async def list_users(
        self, request: Call, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[UserObject]:
        page = await request.parts.users.list_users(request.actor, cursor, limit)
        return listed(page, user_object)

    @post("/", operation_id="adminCreateUser", summary="Make an account")
    async def create(self, request: Call, data: JSONBody[AccountBody]) -> Response[UserObject]:
        user = await request.parts.users.create(
            request.actor, data.username, data.password, data.email, data.role
        )
        return _shown(user, status_code=201)

    @get("/{name:str}", operation_id="adminGetUser", summary="Show an account")
    async def show(self, request: Call, name: FromPath[str]) -> Response[UserObject]:
        return _shown(await request.parts.users.get(request.actor, name))

    @put("/{name:str}/password", operation_id="adminSetPassword", summary="Give an account another password")
    async def set_password(
        self, request: Call, name: FromPath[str], data: JSONBody[PasswordBody]
    ) -> Response[UserObject]:
        """All its sign-ins end."""
        return _shown(await request.parts.users.set_password(request.actor, name, data.password))

    @put("/{name:str}/role", operation_id="adminSetRole", summary="Make an account an administrator, or not")
    async def set_role(
        self, request: Call, name: FromPath[str], data: JSONBody[RoleBody]
    ) -> Response[UserObject]:
        return _shown(await request.parts.users.set_role(request.actor, name, data.role))

    @post("/{name:str}/ban", operation_id="adminBanUser", summary="Ban from the site", status_code=200)
    async def ban(
        self, request: Call, name: FromPath[str], data: JSONBody[SiteBanBody]
    ) -> Response[UserObject]:
        """All its sign-ins end, and its sockets close."""
        until = _moment("until", data.until)
        return _shown(await request.parts.users.ban(request.actor, name, data.reason, until))

    @post("/{name:str}/unban", operation_id="adminUnbanUser", summary="Lift a ban", status_code=200)
    async def unban(self, request: Call, name: FromPath[str]) -> Response[UserObject]:
        return _shown(await request.parts.users.unban(request.actor, name))

    @get("/{name:str}/sessions", operation_id="adminListSessions", summary="The sign-ins of an account")
    async def list_sessions(self, request: Call, name: FromPath[str]) -> ListOf[SessionObject]:
        sessions = await request.parts.users.sessions(request.actor, name)
        return ListOf([session_object(s, current=request.actor.session_id) for s in sessions], None)

    @delete(
        "/{name:str}/sessions",
        operation_id="adminEndSessions",
        summary="End all sign-ins of an account",
        status_code=200,
    )
    async def end_sessions(self, request: Call, name: FromPath[str]) -> EndedObject:
        """Its tokens are good for nothing at once, and its sockets close."""
        return EndedObject(ended=await request.parts.users.end_sessions(request.actor, name))

    @delete(
        "/{name:str}/sessions/{session_id:str}",
        operation_id="adminEndSession",
        summary="End one sign-in of an account",
        status_code=200,
    )
    async def end_session(self, request: Call, name: FromPath[str], session_id: FromPath[str]) -> EndedObject:
        await request.parts.users.end_session(request.actor, name, SessionId(session_id))
        return EndedObject(ended=1)

    @post(
        "/{name:str}/recover",
        operation_id="adminRecoverUser",
        summary="Make a link for a new password",
        status_code=201,
        opt=NOT_REPEATED,
    )
    async def recover(
        self, request: Call, name: FromPath[str], data: JSONBody[RecoveryBody | None] = None
    ) -> LinkObject:
        """For who has lost the password: good once, and for a while. It replaces an older link of the account."""
        body = data or RecoveryBody()
        link = await request.parts.recovery.make_link(request.actor, name, body.expires_in)
        return LinkObject(url=link.url, expires_at=to_rfc3339(link.expires_at))


class AdminInvitationsController(Controller):
    path = "/invitations"

    @post("/", operation_id="adminInvite", summary="Make an invitation link", opt=NOT_REPEATED)
    async def create(self, request: Call, data: JSONBody[InvitationBody | None] = None) -> LinkObject:
        body = data or InvitationBody()
        invitation, url = await request.parts.invitations.create(
            request.actor, body.role, body.uses, body.expires_in
        )
        return LinkObject(url=url, expires_at=to_rfc3339(invitation.expires_at))


def _shown(user: User, *, status_code: int = 200) -> Response[UserObject]:
    return tagged(user_object(user), user.version, status_code=status_code)


def _moment(field: str, text: str | None) -> Millis | None:
    if text is None:
        return None
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise invalid(field, "must be a moment like 2026-11-24T07:33:58Z") from error
