"""The web client's files, served from memory. A plain ASGI application; `app` mounts it beside the API.

Hashed assets are immutable; every other path without an ending is a page of the client, which routes for itself.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cached_property
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from synctv_server.api.asgi import Receive, Scope, Send
from synctv_server.api.problems import MethodNotAllowed, answer_of
from synctv_server.domain.errors import NotFound, SyncTVError

DIST = Path(__file__).parent / "dist"
_PAGE = "/index.html"
_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_HASHED_FOLDER = "/assets/"
_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/manifest+json",
    "image/svg+xml",
    "application/wasm",
)
_WORTH_COMPRESSING = 1_024
_NOT_BUILT = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SyncTV</title></head><body>
<h1>The web client is not built</h1>
<p>This server runs from a source checkout without its client. Build it with <code>make setup</code>, or with
<code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>, and start the server again.
The API works: see <a href="/api/docs">/api/docs</a>.</p>
</body></html>
"""


class Asset:
    """One file of the client, with what a cache wants to know of it."""

    def __init__(self, path: str, body: bytes) -> None:
        self.body = body
        # Weak: the same tag stands for the plain and the compressed form.
        self.etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        self.content_type = _content_type(path)
        self.cache_control = _IMMUTABLE if path.startswith(_HASHED_FOLDER) else _REVALIDATE

    @cached_property
    def compressed(self) -> bytes | None:
        """The body in gzip, made once when first asked for; None where that saves nothing."""
        if len(self.body) < _WORTH_COMPRESSING or not self.content_type.startswith(_COMPRESSIBLE):
            return None
        return gzip.compress(self.body, compresslevel=6, mtime=0)

    def headers(self) -> dict[str, str]:
        return {"ETag": self.etag, "Cache-Control": self.cache_control, "Vary": "Accept-Encoding, Accept"}


class WebClient:
    """Answers GET and HEAD with the files under `root`, read once."""

    def __init__(self, root: Path = DIST) -> None:
        self._assets = {
            f"/{path.relative_to(root).as_posix()}": Asset(
                f"/{path.relative_to(root).as_posix()}", path.read_bytes()
            )
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    @property
    def is_built(self) -> bool:
        return _PAGE in self._assets

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Serves one request; problems are answered as documents."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            status, body, answer = self._answer(scope["method"], scope["path"], headers)
        except SyncTVError as error:
            status, body, answer = answer_of(error)
        answer["Content-Length"] = str(len(body))
        if status == HTTPStatus.NOT_MODIFIED:
            del answer["Content-Length"]
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        is_head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else body, "more_body": False})

    def _answer(self, method: str, path: str, headers: dict[bytes, str]) -> tuple[int, bytes, dict[str, str]]:
        if method not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        # Who asks for the headers alone (proxies, monitors) names no type that it would take.
        wants_page = method == "HEAD" or "text/html" in headers.get(b"accept", "")
        asset = self._find(path, wants_page=wants_page)
        if asset is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, _NOT_BUILT, {"Content-Type": "text/html; charset=utf-8"}
        answer = asset.headers()
        if _matches(headers.get(b"if-none-match", ""), asset.etag):
            return HTTPStatus.NOT_MODIFIED, b"", answer
        answer["Content-Type"] = asset.content_type
        if "gzip" in headers.get(b"accept-encoding", "") and (compressed := asset.compressed):
            answer["Content-Encoding"] = "gzip"
            return HTTPStatus.OK, compressed, answer
        return HTTPStatus.OK, asset.body, answer

    def _find(self, path: str, *, wants_page: bool) -> Asset | None:
        """The file at `path`, or the page for a path of the client's own; None where there is no client at all."""
        if path == "/":
            wants_page, path = True, _PAGE
        if asset := self._assets.get(path):
            return asset
        if not wants_page or PurePosixPath(path).suffix not in ("", ".html"):
            raise NotFound("there is nothing at this address")
        return self._assets.get(_PAGE)


def _content_type(path: str) -> str:
    guessed = mimetypes.guess_type(path)[0] or "application/octet-stream"
    if guessed == "application/javascript":
        guessed = "text/javascript"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110 §13.1.2: a weak comparison with each of the list."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag.removeprefix("W/") in tags or "*" in tags
