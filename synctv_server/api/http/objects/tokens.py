"""The answer to a sign-in, whichever way it came about: setup, login, registration, refresh, guest."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from synctv_server.api.call import Call
from synctv_server.api.http.cookies import refresh_cookie
from synctv_server.api.http.objects.people import UserObject, user_object
from synctv_server.domain.users import User
from synctv_server.services.auth.accounts import SignedIn

BEARER: Literal["Bearer"] = "Bearer"
NOT_STORED = {"Cache-Control": "no-store"}
_Seconds = Annotated[int, msgspec.Meta(description="Seconds.")]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a client needs from now on. The web client has `refresh_token` in a cookie instead."""

    access_token: str
    expires_in: _Seconds
    token_type: Literal["Bearer"] = BEARER
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET
    user: UserObject


def tokens_of(call: Call, signed_in: SignedIn, *, in_cookie: bool) -> tuple[Tokens, list[Cookie]]:
    """The tokens and the cookies that carry what the body leaves out."""
    account, refresh_token = signed_in.user, signed_in.refresh_token
    if not isinstance(account, User) or refresh_token is None:
        raise TypeError("a guest does not sign in to an account")
    tokens = Tokens(
        access_token=signed_in.access_token,
        expires_in=signed_in.expires_in_seconds,
        refresh_token=msgspec.UNSET if in_cookie else refresh_token,
        user=user_object(account),
    )
    if not in_cookie:
        return tokens, []
    return tokens, [refresh_cookie(call, refresh_token, call.parts.auth.refresh_token_seconds)]


def signed_in_answer(call: Call, signed_in: SignedIn, *, in_cookie: bool) -> Response[Tokens]:
    """200 with the tokens, the refresh token in its cookie where the client wants that."""
    tokens, cookies = tokens_of(call, signed_in, in_cookie=in_cookie)
    return Response(tokens, status_code=200, cookies=cookies, headers=NOT_STORED)
