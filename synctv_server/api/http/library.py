"""`/library`: the server's own media folder, for accounts that may add media somewhere."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.domain.library import LibraryEntry
from synctv_server.domain.media import MediaKind

_Path = Annotated[
    str,
    QueryParameter(
        name="path", max_length=4_096, description="A folder below the media folder; empty: itself."
    ),
]


class LibraryEntryObject(Struct, frozen=True, kw_only=True):
    """A folder, or a file that can be played."""

    name: str
    path: Annotated[str, Meta(description="Below the media folder, with `/`.")]
    is_folder: bool
    modified_at: Annotated[int, Meta(description="Milliseconds since the Unix epoch.")]
    kind: MediaKind | None
    size_bytes: int | None
    url: Annotated[str | None, Meta(description="What to add to a playlist; null for a folder.")]


class LibraryController(Controller):
    path = "/library"
    tags = ("media",)

    @get("/", operation_id="browseLibrary", summary="Look into the server's media folder")
    async def browse(
        self, request: Call, folder: _Path = "", cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[LibraryEntryObject]:
        """Folders first, then files that can be played, by name."""
        page = await request.parts.library.browse(request.actor, folder, cursor=cursor, limit=limit)
        return listed(page, _entry_object)


def _entry_object(entry: LibraryEntry) -> LibraryEntryObject:
    return LibraryEntryObject(
        name=entry.name,
        path=entry.path,
        is_folder=entry.is_folder,
        modified_at=entry.modified_at,
        kind=entry.kind,
        size_bytes=entry.size_bytes,
        url=entry.url,
    )
