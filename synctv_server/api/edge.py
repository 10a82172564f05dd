"""The outermost ring of a front door, around Litestar and the web client alike.

Gives each request an id and a `Remote`, refuses bodies that are not JSON, puts the security headers on every answer,
and writes the access line and the metric when the answer is out. Plain ASGI: it also meets what no route answers.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import quote

from synctv_server.api.asgi import App, Message, Receive, Scope, Send
from synctv_server.api.headers import RawHeaders, security_headers
from synctv_server.api.problems import answer_of, error_of
from synctv_server.api.remote import REMOTE, remote_of
from synctv_server.domain.errors import UnsupportedContent
from synctv_server.net.client_ip import TrustedProxies
from synctv_server.net.origin import origin
from synctv_server.observability.logs import request_id
from synctv_server.observability.metrics import Metrics

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
_log = logging.getLogger("synctv.access")


class Edge:
    """One ring around `app`; `is_https` says that the public address is one of https."""

    def __init__(self, app: App, *, proxies: TrustedProxies, metrics: Metrics, is_https: bool) -> None:
        self._app = app
        self._proxies = proxies
        self._metrics = metrics
        self._headers = security_headers(is_https=is_https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[REMOTE] = remote = remote_of(scope, self._proxies)
        answer = _Answer(send, self._headers, _request_id(scope))
        before, outside = request_id.set(answer.request_id), origin.set(remote.address)
        try:
            if scope["type"] == "http":
                await self._http(scope, receive, answer)
            else:
                await self._app(scope, receive, answer.send)
        finally:
            origin.reset(outside)
            request_id.reset(before)

    async def _http(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        began = time.perf_counter()
        try:
            refuse_other_than_json(dict(scope["headers"]))
            await self._app(scope, receive, answer.send)
        except Exception as exception:
            await _answer_error(exception, answer)
        finally:
            self._tell(scope, answer.status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = scope.get("path_template") or "other"
        self._metrics.http_request_duration_seconds.labels(method, route, str(status)).observe(seconds)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self._metrics.internal_errors_total.labels("http").inc()
        # The path alone: what stands behind the question mark may be a ticket or a signature.
        # Quoted again, so that it cannot begin a line of its own.
        _log.info("%s %s %d %.1f ms", method, quote(scope["path"]), status, seconds * 1000)


class _Answer:
    """The way out: adds headers to the start of the answer and remembers its status (0 while there is none)."""

    __slots__ = ("_headers", "_send", "request_id", "status")

    def __init__(self, send: Send, headers: RawHeaders, request_id: str) -> None:
        self._send = send
        self._headers = headers
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] in _STARTS:
            self.status = message["status"]
            headers = _merged(message.get("headers", ()), self._headers)
            message["headers"] = [*headers, (b"x-request-id", self.request_id.encode())]
        await self._send(message)


def refuse_other_than_json(headers: dict[bytes, bytes]) -> None:
    """UnsupportedContent for a body of another type: a form of a foreign page could send one with our cookies."""
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if has_body and content_type != b"application/json":
        raise UnsupportedContent("send the body as JSON, with `Content-Type: application/json`")


def _request_id(scope: Scope) -> str:
    """The one that the client or its proxy gave, where it is a plain word; else a new one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _merged(own: Iterable[tuple[bytes, bytes]], added: RawHeaders) -> RawHeaders:
    """The answer's own headers win, so that a page may ask for a policy of its own."""
    headers = list(own)
    names = {name.lower() for name, _ in headers}
    return headers + [header for header in added if header[0] not in names]


async def _answer_error(exception: Exception, answer: _Answer) -> None:
    """What Litestar does not catch. Once an answer has begun it can only be broken off."""
    error = error_of(exception)
    if answer.status:
        raise exception
    status, body, headers = answer_of(error)
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await answer.send({"type": "http.response.start", "status": HTTPStatus(status), "headers": raw})
    await answer.send({"type": "http.response.body", "body": body, "more_body": False})
