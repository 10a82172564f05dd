"""The server's own media folder: listed to those who may add media, and read for those who watch.

Nothing outside of the folder is ever opened (see `library_files`). All of it happens in threads of its own, so that a
slow disk stops neither the event loop nor what else works beside it.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from synctv_server.domain.errors import Forbidden, NotFound, Unavailable
from synctv_server.domain.ids import RoomId
from synctv_server.domain.library import LibraryEntry
from synctv_server.domain.media import MediaKind, kind_of
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Permission
from synctv_server.domain.sessions import Actor
from synctv_server.services.durations import find_duration
from synctv_server.services.library_files import FileFacts, list_folder, open_file, order_of
from synctv_server.services.permissions import RoomAccess
from synctv_server.store import cursors
from synctv_server.store.rooms import RoomStore

T = TypeVar("T")
CHUNK_BYTES = 256 * 1_024
_THREADS = 8
_ROOMS_PAGE = 100


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of a library file: `duration` in seconds, where its format says it."""

    kind: MediaKind
    duration: float | None


class OpenFile:
    """One opened file. Its descriptor is closed by `close`, by the end of `chunks`, or when nobody holds it any more.

    A read that is under way when it is closed ends first: its descriptor may be another file's a moment later.
    """

    def __init__(self, facts: FileFacts, threads: ThreadPoolExecutor) -> None:
        self.size_bytes = facts.size_bytes
        self.modified_at = facts.modified_at
        self.etag = facts.etag
        self.content_type = facts.content_type
        self._descriptor = facts.descriptor
        self._threads = threads
        self._reading: asyncio.Future[bytes] | None = None
        self._release = weakref.finalize(self, os.close, facts.descriptor)

    async def chunks(self, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """`length` bytes from `offset` (to the end without it), piece by piece; closes the file at its end.

        Unavailable when the file has become shorter than it was or cannot be read.
        """
        end = self.size_bytes if length is None else min(offset + length, self.size_bytes)
        try:
            while offset < end:
                piece = await self._read(offset, min(CHUNK_BYTES, end - offset))
                if not piece:
                    raise Unavailable("the file has become shorter while it was read")
                offset += len(piece)
                yield piece
        finally:
            self.close()

    def close(self) -> None:
        """More than once does no harm."""
        if self._reading is None or self._reading.done():
            self._release()
        else:
            self._reading.add_done_callback(lambda _: self._release())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def _read(self, offset: int, length: int) -> bytes:
        if not self._release.alive:
            raise Unavailable("the file is closed")
        self._reading = asyncio.get_running_loop().run_in_executor(self._threads, self._pread, offset, length)
        try:
            return await asyncio.shield(self._reading)
        except OSError as error:
            raise Unavailable(f"the file cannot be read now: {error.strerror}") from error

    def _pread(self, offset: int, length: int) -> bytes:
        # A bound method, so that the thread holds this object, and with it the descriptor, until it is done.
        return os.pread(self._descriptor, length, offset)


class LibraryService:
    """Built once by `app`, which closes it at the end."""

    def __init__(self, folder: Path, *, access: RoomAccess, rooms: RoomStore) -> None:
        self._folder = folder
        self._access = access
        self._rooms = rooms
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="library")

    def close(self) -> None:
        """Wait for the reads that are under way, drop those that wait, end the threads."""
        self._threads.shutdown(cancel_futures=True)

    async def browse(
        self, actor: Actor, path: str = "", *, cursor: str | None = None, limit: int = 50
    ) -> Page[LibraryEntry]:
        """The folders and playable files of one folder, folders first, by name; the media folder itself for "".

        For accounts that may add media somewhere, and administrators; else Forbidden. NotFound, Invalid path.
        """
        await self._require_adder(actor)
        after = None if cursor is None else cursors.decode(cursor, tuple[int, str, str])
        entries = await self._entries(path)
        rest = [entry for entry in entries if after is None or order_of(entry) > after]
        more = cursors.encode(order_of(rest[limit - 1])) if len(rest) > limit else None
        return Page(tuple(rest[:limit]), more)

    async def open(self, path: str) -> OpenFile:
        """The file at `path`, to be read and closed. NotFound when there is no playable file, Invalid path."""
        # Made in the thread: if the caller is gone by then, nobody holds it, and it is closed.
        return await self._in_thread(lambda: OpenFile(open_file(self._folder, path), self._threads))

    async def probe(self, path: str) -> Probe:
        """Kind and duration of the file at `path`; NotFound as `open`."""
        return await self._in_thread(lambda: _probe(self._folder, path))

    async def _entries(self, path: str) -> list[LibraryEntry]:
        try:
            return await self._in_thread(lambda: list_folder(self._folder, path))
        except NotFound:
            if path:
                raise
            return []  # the media folder itself has not been made yet

    async def _require_adder(self, actor: Actor) -> None:
        if actor.is_guest:
            raise Forbidden("guests do not see the server's library; sign in with an account")
        if not actor.is_administrator and not await self._may_add_somewhere(actor):
            raise Forbidden("you may not add media in any room; open one to see the server's library")

    async def _may_add_somewhere(self, actor: Actor) -> bool:
        cursor: str | None = None
        while True:
            page = await self._rooms.list_of(actor.person(), cursor, _ROOMS_PAGE)
            for room in page.items:
                if await self._may_add(actor, room.id):
                    return True
            if (cursor := page.next_cursor) is None:
                return False

    async def _may_add(self, actor: Actor, room_id: RoomId) -> bool:
        standing = await self._access.find(actor, room_id)
        return standing is not None and Permission.ADD_MEDIA in standing.mask

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _probe(folder: Path, path: str) -> Probe:
    facts = open_file(folder, path)
    try:
        duration = find_duration(lambda offset, length: os.pread(facts.descriptor, length, offset))
    except OSError:
        duration = None
    finally:
        os.close(facts.descriptor)
    return Probe(kind_of(path), duration)
