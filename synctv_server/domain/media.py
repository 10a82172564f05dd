"""What can be watched: the items of a room's playlist, and where they come from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from synctv_server.domain import text
from synctv_server.domain.errors import Invalid, NotFound
from synctv_server.domain.ids import MediaId, RoomId
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis

TITLE_LONGEST = 300
URL_LONGEST = 4_096
PLAYLIST_MOST = 1_000
LIBRARY_SCHEME = "library:"


class MediaKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


VIDEO_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
    ".m3u8": "application/vnd.apple.mpegurl",
}
AUDIO_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}
# Control characters, halves of surrogate pairs, and the separator of another system.
_NEVER_IN_A_PATH = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
_HOST = re.compile(r"[^\s<>\"\\^`{|}%]+")
PLAYABLE_TYPES = VIDEO_TYPES | AUDIO_TYPES
"""File name ending to content type, for what browsers play."""


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One item of a room's playlist.

    `order_key` places it among the others; `duration` is in seconds, where known.
    """

    id: MediaId
    room_id: RoomId
    title: str
    url: str
    kind: MediaKind
    added_by: Person
    created_at: Millis
    order_key: float
    duration: float | None = None
    version: int = 1

    @property
    def library_path(self) -> str | None:
        """The path below the server's media folder, or None for a link."""
        return self.url.removeprefix(LIBRARY_SCHEME) if self.url.startswith(LIBRARY_SCHEME) else None


def check_title(title: str) -> str:
    return text.one_line("title", title, longest=TITLE_LONGEST)


def check_url(url: str) -> str:
    """The address as it will be kept.

    `http(s)://…` without credentials, or `library:<path>`; else Invalid.
    """
    if url.startswith(LIBRARY_SCHEME):
        return LIBRARY_SCHEME + check_library_path("url", url.removeprefix(LIBRARY_SCHEME))
    clean = text.one_line("url", url, longest=URL_LONGEST)
    try:
        parts = urlsplit(clean)
        parts.port  # noqa: B018  (reading it is the check: a port out of range raises)
    except ValueError as error:
        raise text.invalid("url", f"is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        raise text.invalid("url", "must begin with https:// or http://, or be library:<path>")
    if parts.username is not None or parts.password is not None:
        raise text.invalid("url", "must not hold a user name or password: everyone in the room would see it")
    return clean


def check_library_path(field: str, path: str) -> str:
    """A path below the media folder as it stands on the disk, `/` between its parts; else Invalid.

    Not normalised: to the disk two spellings of a letter are two names. Hidden names are refused with `..`.
    """
    parts = path.split("/")
    if any(not part or part.startswith(".") for part in parts) or _NEVER_IN_A_PATH.search(path):
        raise text.invalid(field, "must be a path inside the media folder, like films/night.mp4")
    if len(path) > URL_LONGEST:
        raise text.invalid(field, f"must have at most {URL_LONGEST} characters")
    return path


def kind_of(url: str) -> MediaKind:
    """Audio by its ending; everything else is shown as video."""
    return MediaKind.AUDIO if _path(url).suffix.lower() in AUDIO_TYPES else MediaKind.VIDEO


def title_of(url: str) -> str:
    """A title for an item that came without one.

    Its file name without the ending, else the host, else its kind.
    """
    for candidate in (_path(url).stem.replace("_", " "), urlsplit(url).hostname or ""):
        printable = "".join(c for c in unicodedata.normalize("NFC", candidate) if c.isprintable())
        try:
            return check_title(printable.strip()[:TITLE_LONGEST])
        except Invalid:
            continue
    return kind_of(url).value


def place_between(before: float | None, after: float | None) -> float | None:
    """An order key between two neighbours; None where no number is left and the list must be numbered anew.

    None for a neighbour means the beginning or the end of the list.
    """
    if before is None:
        return 0.0 if after is None else after - 1.0
    if after is None:
        return before + 1.0
    middle = (before + after) / 2
    return middle if before < middle < after else None


def neighbour(items: Sequence[MediaItem], current: MediaId | None, step: int) -> MediaItem:
    """The item `step` places from the current one in list order.

    Without a current one, the first. NotFound at an end.
    """
    ids = [item.id for item in items]
    index = ids.index(current) + step if current in ids else 0
    if not 0 <= index < len(items):
        raise NotFound("there is nothing further in the playlist", code="playlist.end")
    return items[index]


def _path(url: str) -> PurePosixPath:
    if url.startswith(LIBRARY_SCHEME):
        return PurePosixPath(url.removeprefix(LIBRARY_SCHEME))
    return PurePosixPath(unquote(urlsplit(url).path))
