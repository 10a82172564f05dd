"""Files of the media folder by their descriptors. Used by `services.library` alone, inside its threads.

A path is walked part by part from the descriptor of the folder before (`openat`), no symbolic link followed, so that
nothing can be swapped under it between a check and its use.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from synctv_server.domain.errors import Invalid, NotFound, Unavailable
from synctv_server.domain.library import LibraryEntry
from synctv_server.domain.media import PLAYABLE_TYPES, check_library_path, kind_of
from synctv_server.domain.times import Millis

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a named pipe would wait for a writer for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.EMLINK}
_NANOSECONDS_PER_MILLI = 1_000_000


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A playable file that has been opened: its descriptor and what there is to say about it."""

    descriptor: int
    size_bytes: int
    modified_at: Millis
    etag: str
    content_type: str


def open_file(root: Path, path: str) -> FileFacts:
    """Open a playable file below `root`; whoever gets it closes the descriptor.

    NotFound when there is none, Invalid for a path that is none of the folder.
    """
    check_library_path("path", path)
    content_type = PLAYABLE_TYPES.get(PurePosixPath(path).suffix.lower())
    if content_type is None:
        raise NotFound("that is no file that browsers play", code="library.not_found")
    folder, _, name = path.rpartition("/")
    with _told_as_ours(), _open_folder(root, folder) as parent:
        descriptor = os.open(name, _FILE, dir_fd=parent)
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise NotFound("that is no file", code="library.not_found")
    etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}-{facts.st_ino:x}"'
    modified_at = facts.st_mtime_ns // _NANOSECONDS_PER_MILLI
    return FileFacts(descriptor, facts.st_size, modified_at, etag, content_type)


def list_folder(root: Path, path: str) -> list[LibraryEntry]:
    """The folders and playable files of one folder, folders first, by name; of `root` itself for "".

    NotFound when it is no folder, Invalid for a path that is none of the folder.
    Hidden ones, symbolic links, and names that no request could carry are left out.
    """
    if path:
        check_library_path("path", path)
    with _told_as_ours(), _open_folder(root, path) as folder, os.scandir(folder) as entries:
        found = [entry for entry in (_entry(path, listed) for listed in entries) if entry is not None]
    return sorted(found, key=order_of)


def order_of(entry: LibraryEntry) -> tuple[int, str, str]:
    return (0 if entry.is_folder else 1, entry.name.casefold(), entry.name)


def _entry(folder: str, listed: os.DirEntry[str]) -> LibraryEntry | None:
    path = f"{folder}/{listed.name}" if folder else listed.name
    try:
        check_library_path("path", path)
        facts = listed.stat(follow_symlinks=False)
    except (Invalid, OSError):
        return None
    modified_at = facts.st_mtime_ns // _NANOSECONDS_PER_MILLI
    if stat.S_ISDIR(facts.st_mode):
        return LibraryEntry(listed.name, path, modified_at)
    is_playable = PurePosixPath(path).suffix.lower() in PLAYABLE_TYPES
    if not stat.S_ISREG(facts.st_mode) or not is_playable:
        return None
    return LibraryEntry(listed.name, path, modified_at, kind_of(path), facts.st_size)


@contextmanager
def _open_folder(root: Path, path: str) -> Iterator[int]:
    """The descriptor of a folder below `root`, open until the block ends. `root` itself may be a link.

    `path` has been checked: to the system `..` is a folder like any other.
    """
    descriptor = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for part in path.split("/") if path else ():
            inner = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _told_as_ours() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise NotFound(
                "there is no such file or folder in the media folder", code="library.not_found"
            ) from error
        raise Unavailable(f"the media folder cannot be read now: {error.strerror}") from error
