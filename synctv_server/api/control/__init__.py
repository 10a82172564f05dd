"""The operator's door: the administrative routes over the control socket, on behalf of whoever opened it.

The routes themselves are those of `http.admin`; `app` hands them in. The listener, or the command line that opens the
application in its own process, leaves the peer's uid in the scope.
"""

from __future__ import annotations

import pwd
from collections.abc import Mapping, Sequence
from typing import Any, cast

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from synctv_server.api.door import open_door
from synctv_server.api.parts import Parts
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.net.origin import origin

PEER = "synctv.peer"
"""Key of the scope's extensions under which `{"uid": …, "pid": …}` of the other process stands."""


class PeerAdmission(ASGIMiddleware):
    """The actor is the operator with the peer's uid. No limit counts here."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Passes on with the operator as actor; Forbidden where nobody says who the peer is."""
        extensions = cast(Mapping[str, Any], scope.get("extensions") or {})
        peer = extensions.get(PEER)
        if peer is None:
            raise Forbidden("this door is for processes of this machine")
        uid = int(peer["uid"])
        scope["user"], scope["auth"] = Actor(ActorKind.OPERATOR, _name_of(uid), uid=uid), None
        outside = origin.set("")  # a socket of this machine has no address
        try:
            await next_app(scope, receive, send)
        finally:
            origin.reset(outside)


def open_control_door(parts: Parts, routes: Sequence[ControllerRouterHandler]) -> Litestar:
    """The application of the control socket."""
    return open_door(routes, parts, [PeerAdmission()])


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
