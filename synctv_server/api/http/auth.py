"""`/setup` and `/auth/…`: getting in, staying in and getting out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, post
from litestar.datastructures import Cookie
from litestar.params import HeaderParameter, JSONBody

from synctv_server.api.call import Call
from synctv_server.api.http.admission import GUESTS, SIGN_IN, bearer_token
from synctv_server.api.http.cookies import (
    REFRESH,
    cookie_of_own_page,
    guest_cookie,
    guest_cookie_name,
    refresh_cookie,
)
from synctv_server.api.http.idempotency import NOT_REPEATED
from synctv_server.api.http.objects.people import Email, Password, Username, UserObject, user_object
from synctv_server.api.http.objects.tokens import BEARER, NOT_STORED, Tokens, signed_in_answer, tokens_of
from synctv_server.domain.ids import RoomId
from synctv_server.domain.sessions import Person
from synctv_server.domain.text import invalid
from synctv_server.realtime.wire import PersonObject
from synctv_server.services.auth.accounts import SignedIn

_Secret = Annotated[str, msgspec.Meta(max_length=4_096)]
ClientKind = Annotated[
    str | None,
    HeaderParameter(
        name="X-SyncTV-Client",
        description="`web`: the refresh token comes in an HttpOnly cookie and not in the body.",
    ),
]
RepeatKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=128,
        description="A repeat with the same key within 60 seconds is answered the same.",
    ),
]


class Setup(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The token of the set-up link, and the first account."""

    token: _Secret
    username: Username
    password: Password


class Registration(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    username: Username
    password: Password
    email: Email | None = None
    invite: _Secret | None = None


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """`tokens` are there when the account may be used at once."""

    status: Literal["active", "pending_review", "pending_email"]
    user: UserObject
    tokens: Tokens | msgspec.UnsetType = msgspec.UNSET


class Login(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`identifier` is the name or the e-mail address."""

    identifier: Email
    password: Password


class Recovery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The token of a recovery link, and the new password."""

    token: _Secret
    password: Password


class RefreshToken(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Left out by the web client, whose cookie has it."""

    refresh_token: _Secret | None = None


class GuestEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    room_id: Annotated[str, msgspec.Meta(max_length=64)]
    display_name: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    password: Password | None = None


class GuestTokens(msgspec.Struct, frozen=True, kw_only=True):
    """A token for that room alone."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = BEARER
    user: PersonObject


class SetupController(Controller):
    path = "/setup"
    tags = ("accounts",)
    opt = NOT_REPEATED

    @post("/", operation_id="setUp", summary="Make the first account", status_code=200, opt=SIGN_IN)
    async def set_up(
        self, request: Call, data: JSONBody[Setup], client_kind: ClientKind = None
    ) -> Response[Tokens]:
        """With the token of the link that the server printed. The account becomes root; the link is dead then."""
        signed_in = await request.parts.setup.setup(
            data.token, data.username, data.password, request.client_device
        )
        return signed_in_answer(request, signed_in, in_cookie=client_kind == "web")


class AuthController(Controller):
    path = "/auth"
    tags = ("accounts",)
    opt = NOT_REPEATED

    @post("/register", operation_id="register", summary="Make an account", status_code=201, opt=SIGN_IN)
    async def register(
        self, request: Call, data: JSONBody[Registration], client_kind: ClientKind = None
    ) -> Response[Registered]:
        """Where `registration` of `GET /server` is `open`, or is `invite` and an invitation is shown."""
        registered = await request.parts.registration.register(
            data.username, data.password, data.email, data.invite, request.client_device
        )
        tokens: Tokens | msgspec.UnsetType = msgspec.UNSET
        cookies: list[Cookie] = []
        if registered.signed_in is not None:
            tokens, cookies = tokens_of(request, registered.signed_in, in_cookie=client_kind == "web")
        body = Registered(status=registered.status, user=user_object(registered.user), tokens=tokens)
        return Response(body, cookies=cookies, headers=NOT_STORED)

    @post("/login", operation_id="logIn", summary="Sign in", status_code=200, opt=SIGN_IN)
    async def log_in(
        self, request: Call, data: JSONBody[Login], client_kind: ClientKind = None
    ) -> Response[Tokens]:
        """After ten wrong passwords for a name the answer is 429 `auth.locked` for a while."""
        signed_in = await request.parts.login.login(data.identifier, data.password, request.client_device)
        return signed_in_answer(request, signed_in, in_cookie=client_kind == "web")

    @post(
        "/recover",
        operation_id="recover",
        summary="Set a new password by a link",
        status_code=204,
        opt=SIGN_IN,
    )
    async def recover(self, request: Call, data: JSONBody[Recovery]) -> None:
        """With the token of a link that an administrator made. It is good once; all sign-ins of the account end."""
        await request.parts.recovery.recover(data.token, data.password)

    @post("/refresh", operation_id="refreshTokens", summary="Get the next tokens", status_code=200)
    async def refresh(
        self, request: Call, data: JSONBody[RefreshToken | None] = None, repeat_key: RepeatKey = None
    ) -> Response[Tokens]:
        """Each token is good for one use; a used one that comes again ends its whole session."""
        token, is_cookie = _refresh_token(request, data)
        signed_in = await request.parts.sessions.refresh(
            token, request.client_device, is_cookie=is_cookie, idempotency_key=repeat_key
        )
        return signed_in_answer(request, signed_in, in_cookie=is_cookie)

    @post("/logout", operation_id="logOut", summary="End this sign-in", status_code=204)
    async def log_out(self, request: Call, data: JSONBody[RefreshToken | None] = None) -> Response[None]:
        """The session is over at once, for its access tokens and sockets too."""
        token, is_cookie = _refresh_token(request, data)
        await request.parts.sessions.logout(token)
        cookies = [refresh_cookie(request, "", 0)] if is_cookie else []
        return Response(None, status_code=204, cookies=cookies)

    @post(
        "/guest",
        operation_id="enterAsGuest",
        summary="Enter a room without an account",
        status_code=200,
        opt=GUESTS,
    )
    async def enter_as_guest(self, request: Call, data: JSONBody[GuestEntry]) -> Response[GuestTokens]:
        """Where the room's `allow_guests` is on. With its cookie, or a guest token that is still good, the same
        guest comes back with a new token."""
        room_id = RoomId(data.room_id)
        signed_in = await request.parts.guests.enter(
            room_id,
            data.display_name,
            data.password,
            request.client_device,
            guest_token=_guest_token(request, room_id),
        )
        body = GuestTokens(
            access_token=signed_in.access_token,
            expires_in=signed_in.expires_in_seconds,
            user=_guest_object(signed_in),
        )
        return Response(body, cookies=_guest_cookies(request, room_id, signed_in), headers=NOT_STORED)


def _guest_object(signed_in: SignedIn) -> PersonObject:
    guest = signed_in.user
    return PersonObject(guest.id, guest.name if isinstance(guest, Person) else guest.username)


def _guest_token(request: Call, room_id: RoomId) -> str | None:
    """What shows that this is a guest who was here: an access token that is still good, or the cookie.

    Unlike the refresh token's, this cookie asks for no Origin: whoever could have it sent wins nothing by it.
    """
    if request.user is not None and request.user.is_guest:
        return bearer_token(request.scope)
    return request.cookies.get(guest_cookie_name(room_id))


def _guest_cookies(request: Call, room_id: RoomId, signed_in: SignedIn) -> list[Cookie]:
    """The cookie that brings the same guest back; without a new secret the browser keeps the one that it has."""
    if signed_in.refresh_token is None:
        return []
    age = request.parts.auth.refresh_token_seconds
    return [guest_cookie(request, room_id, signed_in.refresh_token, age)]


def _refresh_token(request: Call, data: RefreshToken | None) -> tuple[str, bool]:
    """The token, and whether it came in the cookie."""
    if data is not None and data.refresh_token is not None:
        return data.refresh_token, False
    if (token := cookie_of_own_page(request, REFRESH)) is not None:
        return token, True
    raise invalid("refresh_token", "is missing; send it in the body, or the cookie of the web client")
