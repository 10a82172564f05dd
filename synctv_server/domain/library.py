"""The server's own media folder as a person sees it. Filled by the library service."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.media import LIBRARY_SCHEME, MediaKind
from synctv_server.domain.times import Millis


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """A folder (`kind` None) or a playable file. `path` is relative to the media folder, with `/`."""

    name: str
    path: str
    modified_at: Millis
    kind: MediaKind | None = None
    size_bytes: int | None = None

    @property
    def is_folder(self) -> bool:
        return self.kind is None

    @property
    def url(self) -> str | None:
        """What to add to a playlist for this file; None for a folder."""
        return None if self.is_folder else LIBRARY_SCHEME + self.path
