"""Playlists in the database. Called by services, inside the room's turn to write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.ids import MediaId, RoomId, UserId
from synctv_server.domain.media import MediaItem, MediaKind
from synctv_server.domain.pages import Page
from synctv_server.domain.sessions import Person
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import Media

_FIND = """
SELECT id, room_id, title, url, kind, added_by_id, added_by_name, created_at, order_key, duration, version
FROM media WHERE id = {} AND room_id = {}
"""
_LIST = """
SELECT id, room_id, title, url, kind, added_by_id, added_by_name, created_at, order_key, duration, version
FROM media WHERE room_id = {} ORDER BY order_key, id
"""
_COUNT = "SELECT COUNT(*) AS number FROM media WHERE room_id = {}"
_LAST_KEY = "SELECT COALESCE(MAX(order_key), 0.0) AS last FROM media WHERE room_id = {}"


class MediaStore:
    """One row per item, in the order of its key. An item is only found in its own room."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, item: MediaItem) -> None:
        row = Media(
            **_values(item),
            id=item.id,
            room_id=item.room_id,
            added_by_id=item.added_by.id,
            added_by_name=item.added_by.name,
            created_at=item.created_at,
        )
        await self._database.run(Media.insert(row))

    async def get_item(self, room_id: RoomId, media_id: MediaId) -> MediaItem:
        """The item; NotFound when there is none of this id in this room."""
        item = await self.find_item(room_id, media_id)
        if item is None:
            raise NotFound("there is no such item in this room", code="media.not_found")
        return item

    async def find_item(self, room_id: RoomId, media_id: MediaId) -> MediaItem | None:
        row = await self._database.fetch_one(_FIND, media_id, room_id)
        return None if row is None else _item(row)

    async def list_items(self, room_id: RoomId) -> list[MediaItem]:
        """The whole playlist in order; it is bounded by `PLAYLIST_MOST`."""
        return [_item(row) for row in await self._database.fetch(_LIST, room_id)]

    async def page_items(self, room_id: RoomId, cursor: str | None, limit: int) -> Page[MediaItem]:
        """A page of the playlist in order."""
        query = (
            Media.select()
            .where(Media.room_id == room_id)
            .order_by(Media.order_key, Media.id)
            .limit(limit + 1)
        )
        if cursor is not None:
            order_key, media_id = cursors.decode(cursor, tuple[float, str])
            query = query.where(
                (Media.order_key > order_key) | ((Media.order_key == order_key) & (Media.id > media_id))
            )
        rows = await self._database.run(query)
        return cursors.page(rows, limit, _item, lambda row: (row["order_key"], row["id"]))

    async def update(self, item: MediaItem, expected_version: int) -> MediaItem:
        """The item as it is kept now, one version on: title, address, place and length.

        Conflict `media.changed` when its version is another than expected.
        """
        kept = replace(item, version=expected_version + 1)
        query = Media.update(**_values(kept)).where(
            Media.id == item.id, Media.room_id == item.room_id, Media.version == expected_version
        )
        if not await self._database.run(query.returning(Media.id)):
            raise Conflict("the item has been changed in between; read it again", code="media.changed")
        return kept

    async def remove(self, room_id: RoomId, media_id: MediaId) -> bool:
        """Take it from the playlist; False where it was not there."""
        query = Media.delete().where(Media.id == media_id, Media.room_id == room_id)
        removed = await self._database.run(query.returning(Media.id))
        return bool(removed)

    async def set_duration(self, room_id: RoomId, media_id: MediaId, duration: float) -> None:
        """Note the length in seconds, once it is known. Is no change of the item: its version stays."""
        await self._database.run(
            Media.update({Media.duration: duration}).where(Media.id == media_id, Media.room_id == room_id)
        )

    async def count_items(self, room_id: RoomId) -> int:
        rows = await self._database.fetch(_COUNT, room_id)
        return int(rows[0]["number"])

    async def max_order_key(self, room_id: RoomId) -> float:
        """The key of the last item; 0 for an empty playlist."""
        rows = await self._database.fetch(_LAST_KEY, room_id)
        return float(rows[0]["last"])


def _values(item: MediaItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "url": item.url,
        "kind": item.kind.value,
        "order_key": item.order_key,
        "duration": item.duration,
        "version": item.version,
    }


def _item(row: Row) -> MediaItem:
    return MediaItem(
        id=MediaId(row["id"]),
        room_id=RoomId(row["room_id"]),
        title=row["title"],
        url=row["url"],
        kind=MediaKind(row["kind"]),
        added_by=Person(UserId(row["added_by_id"]), row["added_by_name"]),
        created_at=row["created_at"],
        order_key=row["order_key"],
        duration=row["duration"],
        version=row["version"],
    )
