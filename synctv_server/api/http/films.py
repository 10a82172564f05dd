"""The bytes of a library item: what its signed `play_url` points at, by range, and no path of our disk.

The link is its own permission (contract §3, `play_url`): it names room and item, and is over after some hours.
"""

from __future__ import annotations

from litestar import Controller, HttpMethod, get, route
from litestar.params import FromPath

from synctv_server.api.call import Call
from synctv_server.api.http.admission import UNCOUNTED
from synctv_server.api.http.film_answer import FilmAnswer
from synctv_server.domain.ids import MediaId, RoomId
from synctv_server.domain.media import MediaItem
from synctv_server.security.signed_urls import UrlSigner


def play_url(signer: UrlSigner, item: MediaItem) -> str:
    """What a player opens: the link itself, or for a library item a signed path of this server."""
    if item.library_path is None:
        return item.url
    path = _path(item.room_id, item.id)
    return f"{path}?{signer.sign(path, _scope(item.room_id, item.id))}"


class FilmsController(Controller):
    path = "/rooms/{room_id:str}/media/{media_id:str}/file"
    tags = ("media",)
    opt = UNCOUNTED

    @get("/", operation_id="playFile", summary="The bytes of a library item", media_type="video/*")
    async def play(self, request: Call, room_id: FromPath[str], media_id: FromPath[str]) -> FilmAnswer:
        """By the signed `play_url` alone. Takes `Range` (one range), `If-Range` and `If-None-Match`."""
        return await _film(request, RoomId(room_id), MediaId(media_id))

    @route("/", http_method=HttpMethod.HEAD, include_in_schema=False)
    async def describe(self, request: Call, room_id: FromPath[str], media_id: FromPath[str]) -> FilmAnswer:
        """The same without the bytes."""
        return await _film(request, RoomId(room_id), MediaId(media_id))


async def _film(request: Call, room_id: RoomId, media_id: MediaId) -> FilmAnswer:
    query = request.scope["query_string"].decode("latin-1")
    request.parts.signer.check(_path(room_id, media_id), _scope(room_id, media_id), query)
    return FilmAnswer(await request.parts.media.open_file(room_id, media_id))


def _path(room_id: RoomId, media_id: MediaId) -> str:
    return f"/api/v1/rooms/{room_id}/media/{media_id}/file"


def _scope(room_id: RoomId, media_id: MediaId) -> str:
    return f"{room_id} {media_id}"
