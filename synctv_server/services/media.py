"""A room's playlist: what is in it, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from synctv_server.domain.commands import AddMedia, EditMedia
from synctv_server.domain.errors import Forbidden, NotFound, PreconditionFailed, TooLarge
from synctv_server.domain.events import PlaybackChanged, PlaylistChanged
from synctv_server.domain.ids import Ids, MediaId, RoomId
from synctv_server.domain.media import (
    LIBRARY_SCHEME,
    PLAYLIST_MOST,
    MediaItem,
    check_title,
    check_url,
    kind_of,
    place_between,
    title_of,
)
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Permission, require
from synctv_server.domain.playback import unload
from synctv_server.domain.room_log import RoomDeed
from synctv_server.domain.sessions import Actor
from synctv_server.domain.text import invalid
from synctv_server.services.library import LibraryService, OpenFile, Probe
from synctv_server.services.permissions import RoomAccess, Standing
from synctv_server.services.turns import Turn, Turns
from synctv_server.store.media import MediaStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.rooms import RoomStore


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class MediaService:
    """Every change is one delta with the playlist's next version. One's own items need `add_media` alone."""

    turns: Turns
    access: RoomAccess
    library: LibraryService
    rooms: RoomStore
    media: MediaStore
    playback: PlaybackStore
    ids: Ids

    async def add(self, actor: Actor, room_id: RoomId, wanted: AddMedia) -> MediaItem:
        """A new last item. Invalid on a bad url or title, TooLarge (`playlist.full`) beyond `PLAYLIST_MOST`."""
        title = None if wanted.title is None else check_title(wanted.title)
        url, probe = await self._check_url(actor, room_id, wanted.url)
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, Permission.ADD_MEDIA)
            if await self.media.count_items(room_id) >= PLAYLIST_MOST:
                raise TooLarge(f"a playlist holds at most {PLAYLIST_MOST} items", code="playlist.full")
            item = MediaItem(
                self.ids.media(),
                room_id,
                title or title_of(url),
                url,
                probe.kind,
                standing.insider(),
                created_at=turn.at,
                order_key=await self.media.max_order_key(room_id) + 1.0,
                duration=probe.duration,
            )
            await self.media.add(item)
            await self._tell(turn, standing, item)
            turn.record(_deed("media.added", standing, item))
            return item

    async def list_items(
        self, actor: Actor, room_id: RoomId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[MediaItem]:
        """In the order of the playlist. Needs `view_library`, as `get_item` does."""
        await self.access.enter(actor, room_id, Permission.VIEW_LIBRARY, even_closed=True)
        return await self.media.page_items(room_id, cursor, limit)

    async def get_item(self, actor: Actor, room_id: RoomId, media_id: MediaId) -> MediaItem:
        await self.access.enter(actor, room_id, Permission.VIEW_LIBRARY, even_closed=True)
        return await self.media.get_item(room_id, media_id)

    async def open_file(self, room_id: RoomId, media_id: MediaId) -> OpenFile:
        """The file of a library item, for who has shown its signed link. NotFound when there is none (any more)."""
        await self.rooms.get_room(room_id)
        path = (await self.media.get_item(room_id, media_id)).library_path
        if path is None:
            raise NotFound("this item is a link; its bytes are elsewhere", code="media.not_found")
        return await self.library.open(path)

    async def update(
        self,
        actor: Actor,
        room_id: RoomId,
        media_id: MediaId,
        edit: EditMedia,
        *,
        expected_version: int | None = None,
    ) -> MediaItem:
        """Title or address; others' items need `edit_media`. What is loaded keeps its address: Invalid."""
        title = None if edit.title is None else check_title(edit.title)
        url, probe = (None, None) if edit.url is None else await self._check_url(actor, room_id, edit.url)
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id)
            before = await self._get(standing, media_id, Permission.EDIT_MEDIA, expected_version)
            after = replace(before, title=title or before.title)
            if url is not None and probe is not None and url != before.url:
                await self._refuse_loaded(room_id, media_id)
                after = replace(after, url=url, kind=probe.kind, duration=probe.duration)
            if after == before:
                return before
            after = await self.media.update(after, before.version)
            await self._tell(turn, standing, after)
            turn.record(_deed("media.edited", standing, after))
            return after

    async def remove(
        self, actor: Actor, room_id: RoomId, media_id: MediaId, *, expected_version: int | None = None
    ) -> None:
        """Others' items need `delete_media`. Where it is loaded, nothing is from now on."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id)
            item = await self._get(standing, media_id, Permission.DELETE_MEDIA, expected_version)
            await self.media.remove(room_id, media_id)
            turn.record(_deed("media.removed", standing, item))
            await self._tell(turn, standing, removed=media_id)
            state = await self.playback.get_state(room_id)
            if state.media_id == media_id:
                empty = unload(state, turn.at)
                await self.playback.put(room_id, empty, expected_revision=state.revision)
                turn.publish(PlaybackChanged(empty), standing.person)

    async def move(
        self, actor: Actor, room_id: RoomId, media_id: MediaId, *, after: MediaId | None
    ) -> MediaItem:
        """Behind the item `after`, or to the front with None. Needs `reorder_media`. One item changes.

        Where the numbers between two neighbours are used up, all items are numbered anew.
        """
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, Permission.REORDER_MEDIA)
            items = await self.media.list_items(room_id)
            item = next((item for item in items if item.id == media_id), None)
            if item is None:
                raise _no_such_item()
            others = [other for other in items if other.id != media_id]
            index = _index_behind(others, after)
            if index == items.index(item):
                return item
            turn.record(_deed("media.moved", standing, item))
            place = _place(others, index)
            if place is None:
                return await self._renumber(
                    turn, standing, [*others[:index], item, *others[index:]], media_id
                )
            moved = await self.media.update(replace(item, order_key=place), item.version)
            await self._tell(turn, standing, moved)
            return moved

    async def _renumber(
        self, turn: Turn, standing: Standing, ordered: list[MediaItem], media_id: MediaId
    ) -> MediaItem:
        renumbered = [
            await self.media.update(replace(item, order_key=float(place)), item.version)
            for place, item in enumerate(ordered, start=1)
        ]
        await self._tell(turn, standing, *renumbered)
        return next(item for item in renumbered if item.id == media_id)

    async def _check_url(self, actor: Actor, room_id: RoomId, url: str) -> tuple[str, Probe]:
        """The address as it is kept and what is known of it; a library file must be there and playable."""
        clean = check_url(url)
        if not clean.startswith(LIBRARY_SCHEME):
            return clean, Probe(kind_of(clean), None)
        # Asked before the disk is, so that nobody learns from an answer what lies in the folder.
        await self.access.enter(actor, room_id, Permission.ADD_MEDIA)
        if actor.is_guest:
            raise Forbidden("guests cannot add from the server's library; add a link")
        try:
            return clean, await self.library.probe(clean.removeprefix(LIBRARY_SCHEME))
        except NotFound as error:
            raise invalid("url", "is no playable file of the server's media folder") from error

    async def _get(
        self, standing: Standing, media_id: MediaId, of_others: Permission, expected_version: int | None
    ) -> MediaItem:
        """The item, if the actor may change it."""
        item = await self.media.get_item(standing.room.id, media_id)
        is_own = item.added_by.id == standing.insider().id
        require(standing.mask, Permission.ADD_MEDIA if is_own else of_others)
        if expected_version not in (None, item.version):
            raise PreconditionFailed("the item has changed meanwhile; read it again")
        return item

    async def _refuse_loaded(self, room_id: RoomId, media_id: MediaId) -> None:
        state = await self.playback.get_state(room_id)
        if state.media_id == media_id:
            raise invalid(
                "url", "cannot be changed while the item is loaded; add the other one and load that"
            )

    async def _tell(
        self, turn: Turn, standing: Standing, *changed: MediaItem, removed: MediaId | None = None
    ) -> None:
        version = await self.rooms.bump_playlist(turn.room_id)
        gone = () if removed is None else (removed,)
        turn.publish(PlaylistChanged(version, changed, gone), standing.person)


def _deed(action: str, standing: Standing, item: MediaItem) -> RoomDeed:
    return RoomDeed(action, standing.person, details={"media_id": item.id, "title": item.title})


def _index_behind(others: list[MediaItem], after: MediaId | None) -> int:
    """Where the moved item stands among the others."""
    if after is None:
        return 0
    ids = [other.id for other in others]
    if after not in ids:
        raise _no_such_item()
    return ids.index(after) + 1


def _place(others: list[MediaItem], index: int) -> float | None:
    before = others[index - 1].order_key if index > 0 else None
    behind = others[index].order_key if index < len(others) else None
    return place_between(before, behind)


def _no_such_item() -> NotFound:
    return NotFound("there is no such item in this playlist", code="media.not_found")
