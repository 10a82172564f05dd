"""One call at a front door: a request that knows on whose behalf it is made, from where, and what to call.

The request class of `http` and `control`; every controller takes one as `request`.
"""

from __future__ import annotations

from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from synctv_server.api.parts import Parts
from synctv_server.api.remote import REMOTE, Remote
from synctv_server.domain.errors import Unauthenticated
from synctv_server.domain.sessions import Actor, Client

PARTS = "parts"
"""Key of the application's state under which the parts are."""


class Call(Request[Actor | None, Any, State]):
    """`user` is the actor, or None; `auth` then may hold the error that says why."""

    @property
    def parts(self) -> Parts:
        """What to call."""
        return cast(Parts, self.app.state[PARTS])

    @property
    def actor(self) -> Actor:
        """Who calls; Unauthenticated when nobody is signed in."""
        if self.user is None:
            raise self.auth or Unauthenticated("sign in first: send `Authorization: Bearer <access token>`")
        return self.user

    @property
    def remote(self) -> Remote:
        """Where the call comes from."""
        return cast(Remote, cast(dict[str, Any], self.scope)[REMOTE])

    @property
    def client_device(self) -> Client:
        """The same, as sessions remember it."""
        return Client(self.remote.address, self.remote.user_agent)
