"""Administrative commands that were refused, in the audit log. Part of the administrative routes."""

from __future__ import annotations

import logging
from http import HTTPStatus

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from synctv_server.api.call import Call
from synctv_server.domain.errors import SyncTVError

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)


class RefusalAudit(ASGIMiddleware):
    """Who was not allowed to change something; what was done leaves its entry by itself, reading leaves none."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Passes on, and tells of an answer 403 once it is out."""
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await next_app(scope, receive, watched)
        call = Call(scope)
        if status == HTTPStatus.FORBIDDEN and call.user is not None and call.method not in _READS:
            try:
                await call.parts.audit.note_refusal(call.user, f"{call.method} {call.url.path}")
            except SyncTVError as error:
                _log.warning("a refused command is not in the audit log: %s", error.message)
