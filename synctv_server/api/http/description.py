"""`/api/openapi.json`, and `/api/docs`: a page of our own to read it and try it, under the same strict policy."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec
from litestar import Controller, MediaType, Response, get

from synctv_server.api.call import Call
from synctv_server.api.http.openapi import document

_PAGE = Path(__file__).parent / "description_page"
_FRESH = {"Cache-Control": "no-cache"}


class DescriptionController(Controller):
    path = "/api"
    include_in_schema = False

    @get("/openapi.json", media_type=MediaType.JSON, sync_to_thread=True)
    def openapi(self, request: Call) -> Response[bytes]:
        return Response(_encoded(request.parts.version), media_type=MediaType.JSON, headers=_FRESH)

    @get("/docs", sync_to_thread=True)
    def page(self) -> Response[bytes]:
        return _answer("docs.html", "text/html; charset=utf-8")

    @get("/docs.css", sync_to_thread=True)
    def style(self) -> Response[bytes]:
        return _answer("docs.css", "text/css; charset=utf-8")

    @get("/docs.js", sync_to_thread=True)
    def script(self) -> Response[bytes]:
        return _answer("docs.js", "text/javascript; charset=utf-8")


@lru_cache(maxsize=1)
def _encoded(version: str) -> bytes:
    return msgspec.json.encode(document(version))


def _answer(name: str, media_type: str) -> Response[bytes]:
    return Response(_read(name), media_type=media_type, headers=_FRESH)


@lru_cache(maxsize=3)
def _read(name: str) -> bytes:
    return (_PAGE / name).read_bytes()
