"""`Idempotency-Key` on POST: a retry after a lost answer gets that answer, and nothing happens twice.

Inside Litestar, behind `Admission`. The answer to what succeeded is kept for a day, for its actor, path and key; what
was refused has changed nothing and is simply tried again.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from synctv_server.api.parts import Parts
from synctv_server.domain.errors import Conflict
from synctv_server.domain.text import invalid
from synctv_server.store.idempotency import AnswerKey, StoredAnswer

NOT_REPEATED = {"not_repeated": True}
"""`opt` of a POST whose answer holds a secret: none is kept, each call is a new one."""
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class Idempotency(ASGIMiddleware):
    """Of several with one key at one moment, one is carried out and the others are told to wait."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, parts: Parts) -> None:
        self._answers = parts.idempotency
        self._now = parts.now
        self._at_work: set[AnswerKey] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Passes on, once for each key; Conflict on a key that was used for another request."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        key = request.headers.get("idempotency-key")
        if key is None or not self._counts(scope):
            await next_app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            raise invalid("Idempotency-Key", "must be 1 to 128 visible ASCII characters")
        place = AnswerKey(scope["user"].person(), f"POST {scope['path']}", key)
        if place in self._at_work:
            raise Conflict(
                "a request with this Idempotency-Key is being carried out", code="conflict.in_progress"
            )
        # Taken before the store is asked, so that nobody slips in between another's answer and the end of its work.
        self._at_work.add(place)
        try:
            await self._answer(place, request, next_app)
        finally:
            self._at_work.discard(place)

    def _counts(self, scope: Scope) -> bool:
        """Whether this is a POST of somebody whose answer may be kept."""
        is_kept = not scope["route_handler"].opt.get("not_repeated")
        return scope.get("method") == "POST" and scope["user"] is not None and is_kept

    async def _answer(self, place: AnswerKey, request: Request[Any, Any, Any], next_app: ASGIApp) -> None:
        fingerprint = hashlib.sha256(await request.body()).digest()
        if (kept := await self._answers.find(place, self._now())) is not None:
            await _repeat(kept, fingerprint, request.send)
        else:
            await self._carry_out(place, fingerprint, request, next_app)

    async def _carry_out(
        self, place: AnswerKey, fingerprint: bytes, request: Request[Any, Any, Any], next_app: ASGIApp
    ) -> None:
        status, body = 0, bytearray()

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                body.extend(message["body"])
                if status < 300 and not message["more_body"]:
                    answer = StoredAnswer(fingerprint, status, bytes(body), self._now())
                    await self._answers.put(place, answer)
            await request.send(message)

        await next_app(request.scope, request.receive, heard)


async def _repeat(kept: StoredAnswer, fingerprint: bytes, send: Send) -> None:
    if kept.fingerprint != fingerprint:
        raise Conflict(
            "this Idempotency-Key was used for another request; take a new one", code="conflict.key_reused"
        )
    headers = [(b"idempotency-replayed", b"true"), (b"content-length", str(len(kept.body)).encode())]
    if kept.body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": kept.body, "more_body": False})
