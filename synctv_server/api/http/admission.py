"""Who may come in: the bearer token becomes an Actor, each account or address is counted, and guards ask for more.

Runs once for each request of `http`, inside Litestar, so that what it raises is answered as a problem. Which limit
counts is said by the route's `opt`.
"""

from __future__ import annotations

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from synctv_server.api.parts import Parts
from synctv_server.api.remote import REMOTE, Remote
from synctv_server.domain.errors import Forbidden, Unauthenticated
from synctv_server.domain.sessions import Actor

UNCOUNTED = {"limit": "none"}
"""`opt` of a route that no limit counts: probes, metrics, films that a signed link opens."""
SIGN_IN = {"limit": "auth"}
"""`opt` of a route where a password or a secret could be guessed."""
GUESTS = {"limit": "guests"}
"""`opt` of the route by which guests enter."""
FOR_EVERYBODY = {"for_everybody": True}
"""`opt` of a route among those for people who are signed in that answers others too."""
OPTIONAL: list[dict[str, list[str]]] = [{}]
"""`security` of such a route: the token may be left out."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SCHEME = "bearer "


class Admission(ASGIMiddleware):
    """Fills `scope["user"]` and `scope["auth"]`.

    A bad token is no error yet: a route for everybody, such as the refresh of tokens, does not ask who it is.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Authenticates, counts, and passes on; RateLimited when this one is too many."""
        scope["user"], scope["auth"] = None, None
        token = bearer_token(scope)
        if token is not None:
            try:
                scope["user"] = await self._parts.sessions.authenticate(token)
            except (Unauthenticated, Forbidden) as error:
                scope["auth"] = error
        await self._count(scope)
        await next_app(scope, receive, send)

    async def _count(self, scope: Scope) -> None:
        address = cast(Remote, cast(dict[str, Any], scope)[REMOTE]).address
        actor: Actor | None = scope["user"]
        key = address if actor is None else actor.person()
        limits = self._parts.limits
        match scope["route_handler"].opt.get("limit"):
            case "none":
                return
            case "auth":
                await limits.auth(address)
            case "guests":
                await limits.guests(address)
            case _ if scope.get("method") in _READS:
                await limits.read(key)
            case _:
                await limits.write(key)


async def require_signed_in(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
    """Guard: somebody is signed in, an account or a guest, unless the route is for everybody."""
    if connection.user is None and not route.opt.get("for_everybody"):
        raise connection.auth or Unauthenticated("sign in first: send `Authorization: Bearer <access token>`")


async def require_administrator(
    connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler
) -> None:
    """Guard: an administrator, or the operator over the control socket."""
    await require_signed_in(connection, route)
    if not connection.user.is_administrator:
        raise Forbidden("this is for administrators of the server")


def bearer_token(scope: Scope) -> str | None:
    """The token of `Authorization: Bearer`, None without one."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(_SCHEME)].lower() == _SCHEME.encode():
            return value[len(_SCHEME) :].decode("latin-1").strip()
    return None
