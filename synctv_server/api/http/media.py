"""`/rooms/{room_id}/media`: the playlist of a room."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.api.call import Call
from synctv_server.api.http.etags import IfMatch, expected_version, tagged
from synctv_server.api.http.films import play_url
from synctv_server.api.http.objects.given import given
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.domain.commands import AddMedia, EditMedia
from synctv_server.domain.ids import MediaId, RoomId
from synctv_server.domain.media import MediaItem
from synctv_server.realtime.wire import MediaObject, media_object

_Url = Annotated[
    str, Meta(description="`https://…`, or `library:<path>`.", examples=["https://example.org/film.mp4"])
]


class MediaBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without a title the item is called as its file."""

    url: _Url
    title: str | None = None


class MediaPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    url: _Url | UnsetType = UNSET
    title: str | UnsetType = UNSET


class MoveBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to: behind the item `after`, or to the top with null."""

    after: Annotated[str, Meta(max_length=64)] | None


class MediaController(Controller):
    path = "/rooms/{room_id:str}/media"
    tags = ("media",)

    @get("/", operation_id="listMedia", summary="The playlist, in order")
    async def list_media(
        self, request: Call, room_id: FromPath[str], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[MediaObject]:
        page = await request.parts.media.list_items(
            request.actor, RoomId(room_id), cursor=cursor, limit=limit
        )
        return listed(page, lambda item: _shown(request, item))

    @post("/", operation_id="addMedia", summary="Add to the playlist")
    async def add(
        self, request: Call, room_id: FromPath[str], data: JSONBody[MediaBody]
    ) -> Response[MediaObject]:
        command = AddMedia(url=data.url, title=data.title)
        item = await request.parts.media.add(request.actor, RoomId(room_id), command)
        return tagged(_shown(request, item), item.version, status_code=201)

    @get("/{media_id:str}", operation_id="getMedia", summary="Show an item, with a fresh address to play")
    async def show(
        self, request: Call, room_id: FromPath[str], media_id: FromPath[str]
    ) -> Response[MediaObject]:
        item = await request.parts.media.get_item(request.actor, RoomId(room_id), MediaId(media_id))
        return tagged(_shown(request, item), item.version)

    @patch("/{media_id:str}", operation_id="editMedia", summary="Give another title or address")
    async def edit(
        self,
        request: Call,
        room_id: FromPath[str],
        media_id: FromPath[str],
        data: JSONBody[MediaPatch],
        if_match: IfMatch = None,
    ) -> Response[MediaObject]:
        """One's own, or any with `edit_media`."""
        item = await request.parts.media.update(
            request.actor,
            RoomId(room_id),
            MediaId(media_id),
            EditMedia(url=given(data.url), title=given(data.title)),
            expected_version=expected_version(if_match),
        )
        return tagged(_shown(request, item), item.version)

    @delete("/{media_id:str}", operation_id="removeMedia", summary="Take out of the playlist")
    async def remove(
        self, request: Call, room_id: FromPath[str], media_id: FromPath[str], if_match: IfMatch = None
    ) -> None:
        """One's own, or any with `delete_media`. An item that is loaded is unloaded."""
        await request.parts.media.remove(
            request.actor,
            RoomId(room_id),
            MediaId(media_id),
            expected_version=expected_version(if_match),
        )

    @post("/{media_id:str}/move", operation_id="moveMedia", summary="Put in another place", status_code=200)
    async def move(
        self, request: Call, room_id: FromPath[str], media_id: FromPath[str], data: JSONBody[MoveBody]
    ) -> Response[MediaObject]:
        after = None if data.after is None else MediaId(data.after)
        item = await request.parts.media.move(request.actor, RoomId(room_id), MediaId(media_id), after=after)
        return tagged(_shown(request, item), item.version)


def _shown(request: Call, item: MediaItem) -> MediaObject:
    return media_object(item, play_url(request.parts.signer, item))
