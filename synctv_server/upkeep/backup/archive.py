"""The file of a backup: a ZIP of parts, whose last 64 characters are the SHA-256 of everything before them.

Any ZIP program opens it: those characters are the end of the comment of the archive.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from synctv_server.domain.errors import BrokenState, IncompatibleVersion, NotFound
from synctv_server.upkeep.backup import files
from synctv_server.upkeep.backup.manifest import Manifest, Part

_MANIFEST = "manifest.json"
_MARK = b"synctv-backup-1 sha256 "
_DIGITS = 64
_BLOCK = 1 << 20
_DRAFT = ".{}.part"


class PartWriter:
    """One part as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._hash.update(content)
        self._size += len(content)

    def part(self) -> Part:
        return Part(self._size, self._hash.hexdigest())


class ArchiveWriter:
    """`with`: a draft beside `path`, which `finish` makes the file; without that nothing stays.

    Drafts of processes that were killed are removed. Disk errors in the block are told as in `files.told`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(_DRAFT.format(f"{path.name}.{os.getpid()}"))
        self.parts: dict[str, Part] = {}
        self._file: IO[bytes]
        self._zip: zipfile.ZipFile

    def __enter__(self) -> Self:
        with files.told(self._path):
            _remove_orphans(self._path.parent)
            descriptor = os.open(self._draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, files.PRIVATE)
            self._file = os.fdopen(descriptor, "w+b")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError, ValueError):  # the disk may be full, or a part be open: the draft goes anyway
            self._zip.close()
        with suppress(OSError):
            self._file.close()
        self._draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise files.of(error, self._path) from error

    @contextmanager
    def part(self, name: str) -> Iterator[PartWriter]:
        """A new part, entered into `parts` at the end of the block."""
        with self._zip.open(name, "w", force_zip64=True) as file:
            writer = PartWriter(file)
            yield writer
        self.parts[name] = writer.part()

    def add(self, name: str, content: bytes) -> None:
        """A small part at once."""
        with self.part(name) as writer:
            writer.write(content)

    def finish(self, manifest: Manifest) -> tuple[int, str]:
        """Put the file in its place, on the disk; its size, and the SHA-256 of the whole of it."""
        self._zip.writestr(_MANIFEST, manifest.to_json())
        self._zip.comment = _MARK + b"0" * _DIGITS
        self._zip.close()
        size = self._file.seek(0, os.SEEK_END)
        whole = _hash_of(self._file, size - _DIGITS)
        digits = whole.hexdigest().encode()
        self._file.seek(size - _DIGITS)
        self._file.write(digits)
        self._file.flush()
        os.fsync(self._file.fileno())
        files.put(self._draft, self._path)
        whole.update(digits)
        return size, whole.hexdigest()


class Archive:
    """A backup that is whole: `open` has checked every byte of it."""

    def __init__(self, zipped: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = zipped
        self.manifest = manifest

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Archive]:
        """NotFound where there is no file, BrokenState where it is no backup or not as it was written."""
        with _opened(path) as file:
            _require_whole(path, file)
            with zipfile.ZipFile(file) as zipped:
                archive = cls(zipped, Manifest.from_json(zipped.read(_MANIFEST)))
                archive._require_parts()
                yield archive

    def read(self, name: str) -> bytes:
        """A small part."""
        return self._zip.read(name)

    def has(self, name: str) -> bool:
        return name in self.manifest.parts

    @contextmanager
    def lines(self, name: str) -> Iterator[IO[bytes]]:
        """A part, line by line."""
        if not self.has(name):
            raise BrokenState(f"the backup has no part {name}")
        with self._zip.open(name) as file:
            yield file

    def _require_parts(self) -> None:
        for name, part in self.manifest.parts.items():
            try:
                with self._zip.open(name) as file:
                    found = _digest(file).hexdigest()
            except (KeyError, zipfile.BadZipFile) as error:
                raise BrokenState(f"the part {name} of the backup cannot be read: {error}") from error
            if found != part.sha256:
                raise BrokenState(f"the part {name} of the backup is not what its manifest says")


def manifest_of(path: Path) -> Manifest | None:
    """The manifest of a file without a check of the rest, for a list; None where it is no backup that we know."""
    try:
        with zipfile.ZipFile(path) as zipped:
            return Manifest.from_json(zipped.read(_MANIFEST))
    except (OSError, KeyError, zipfile.BadZipFile, BrokenState, IncompatibleVersion):
        return None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound(
            f"there is no backup {path}", hint="`synctv backup list` shows those there are"
        ) from None
    except OSError as error:
        raise files.of(error, path) from error
    with file:
        yield file


def _require_whole(path: Path, file: IO[bytes]) -> None:
    size = file.seek(0, os.SEEK_END)
    tail = len(_MARK) + _DIGITS
    file.seek(max(0, size - tail))
    end = file.read()
    if size < tail or not end.startswith(_MARK):
        raise BrokenState(f"{path} is no backup of SyncTV, or its end is cut off")
    if _hash_of(file, size - _DIGITS).hexdigest().encode() != end[len(_MARK) :]:
        raise BrokenState(f"{path} was changed or damaged after it was made: its SHA-256 does not fit")


def _digest(file: IO[bytes]) -> hashlib._Hash:
    found = hashlib.sha256()
    while block := file.read(_BLOCK):
        found.update(block)
    return found


def _hash_of(file: IO[bytes], size: int) -> hashlib._Hash:
    file.seek(0)
    found = hashlib.sha256()
    while size > 0 and (block := file.read(min(_BLOCK, size))):
        found.update(block)
        size -= len(block)
    return found


def _remove_orphans(folder: Path) -> None:
    """Drafts that nobody is writing any more: their writer was killed, and its lock went with it."""
    for draft in folder.glob(_DRAFT.format("*")):
        with suppress(OSError), draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()
