"""A file as an answer: whole, one range of it, or the word that the browser has it already (RFC 9110 §13, §14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from synctv_server.api.asgi import Receive, Scope, Send
from synctv_server.domain.times import SECOND
from synctv_server.services.library import OpenFile

_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")
Span = tuple[int, int]
"""First byte and number of bytes."""


class FilmAnswer:
    """An ASGI answer that owns an open file and closes it in every case.

    Reads no further than the browser takes: each chunk waits for the one before to be on its way, and a browser
    that goes away ends it.
    """

    def __init__(self, file: OpenFile) -> None:
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._file:
            asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
            status, span = choose(asked, self._file.size_bytes, self._file.etag)
            headers = self._headers(status, span)
            raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": status, "headers": raw})
            if span is not None and scope["method"] == "GET":
                await self._stream(span, receive, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _headers(self, status: int, span: Span | None) -> dict[str, str]:
        file = self._file
        headers = {
            "ETag": file.etag,
            "Last-Modified": formatdate(file.modified_at / SECOND, usegmt=True),
            "Accept-Ranges": "bytes",
            # The link carries a permission: no cache between us and the browser keeps it.
            "Cache-Control": "private, no-cache",
        }
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            headers |= {"Content-Range": f"bytes */{file.size_bytes}", "Content-Length": "0"}
        if span is not None:
            headers |= {"Content-Type": file.content_type, "Content-Length": str(span[1])}
        if status == HTTPStatus.PARTIAL_CONTENT and span is not None:
            headers["Content-Range"] = f"bytes {span[0]}-{span[0] + span[1] - 1}/{file.size_bytes}"
        return headers

    async def _stream(self, span: Span, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_until_gone(receive))
        try:
            async for chunk in self._file.chunks(*span):
                if gone.done():
                    break
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)


def choose(asked: Mapping[bytes, str], size: int, etag: str) -> tuple[int, Span | None]:
    """The status and what to send; None for no body. Several ranges, or a malformed one, are answered with all."""
    if _is_listed(asked.get(b"if-none-match", ""), etag):
        return HTTPStatus.NOT_MODIFIED, None
    whole = (0, size)
    match = _RANGE.fullmatch(asked.get(b"range", ""))
    if match is None or not any(match.groups()) or asked.get(b"if-range", etag) != etag:
        return HTTPStatus.OK, whole
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        return _partial(size - length, length)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return HTTPStatus.OK, whole
    return _partial(start, end - start + 1)


def _partial(start: int, length: int) -> tuple[int, Span | None]:
    if length <= 0:
        return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, None
    return HTTPStatus.PARTIAL_CONTENT, (start, length)


def _is_listed(if_none_match: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
