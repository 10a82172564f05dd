"""The first thing that a backup says of itself: what it was made of, by which version, and the SHA-256 of each part."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from synctv_server.domain.errors import BrokenState, IncompatibleVersion

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the file, uncompressed."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`schema` is the newest applied migration, `counts` the rows of each table, `parts` by their name in the file."""

    created_at: str
    version: str
    database: str
    schema: str
    has_secrets: bool
    counts: dict[str, int]
    parts: dict[str, Part] = field(default_factory=dict)
    format: int = FORMAT

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """BrokenState for what is none, IncompatibleVersion for one of a later format."""
        try:
            document: dict[str, Any] = json.loads(content)
            if document["format"] > FORMAT:
                raise IncompatibleVersion(
                    f"the backup was made by SyncTV {document['version']} in a format that this version does not know",
                    hint="use that version, or a later one",
                )
            parts = {name: Part(**part) for name, part in document.pop("parts").items()}
            return cls(**document, parts=parts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenState(f"the manifest of the backup cannot be read: {error}") from error
