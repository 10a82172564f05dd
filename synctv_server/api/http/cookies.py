"""The cookies of the web client: its refresh token, and what makes a guest the same guest again.

A script never sees them, no other site sends them, and they travel to the path alone that reads them. A request
that uses one must come from a page of our own.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from synctv_server.api.call import Call
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.ids import RoomId

AUTH_PATH = "/api/v1/auth"
GUEST_PATH = "/api/v1/auth/guest"
REFRESH = "synctv_refresh"


def refresh_cookie(call: Call, token: str, max_age_seconds: int) -> Cookie:
    """The refresh token, for the auth path alone; an empty token with age 0 takes the cookie away."""
    return _cookie(call, REFRESH, token, AUTH_PATH, max_age_seconds)


def guest_cookie(call: Call, room_id: RoomId, token: str, max_age_seconds: int) -> Cookie:
    """One for each room that somebody visits as a guest: leaving one room does not forget them in another."""
    return _cookie(call, guest_cookie_name(room_id), token, GUEST_PATH, max_age_seconds)


def guest_cookie_name(room_id: RoomId) -> str:
    return f"synctv_guest_{room_id}"


def cookie_of_own_page(call: Call, name: str) -> str | None:
    """The cookie's value, None without one. Forbidden when a page of another origin sends it (or none says so)."""
    value = call.cookies.get(name)
    if not value:
        return None
    if not _is_own_origin(call):
        raise Forbidden(
            "a request with this cookie must come from this server's own pages",
            code="auth.origin",
            hint="Behind a proxy, set server.public_url to the address that people open.",
        )
    return value


def _is_own_origin(call: Call) -> bool:
    origin = call.headers.get("origin", "")
    if origin == call.parts.public_url and origin:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == call.remote.host


def _cookie(call: Call, name: str, value: str, path: str, max_age_seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path=path,
        max_age=max_age_seconds,
        secure=_is_https(call),
        httponly=True,
        samesite="strict",
    )


def _is_https(call: Call) -> bool:
    """By the public address where there is one, else by what a trusted proxy says of this request."""
    if call.parts.public_url:
        return call.parts.public_url.startswith("https://")
    return call.remote.scheme == "https"
