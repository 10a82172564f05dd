"""Settings that administrators changed in the running server. Called by the service of settings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from synctv_server.domain.errors import PreconditionFailed
from synctv_server.domain.times import Millis
from synctv_server.store.database import Database
from synctv_server.store.engines.faults import UniqueViolated

_LIST = "SELECT key, value, version, changed_at, changed_by FROM settings ORDER BY key"
_PUT = """
INSERT INTO settings (key, value, version, changed_at, changed_by) VALUES ({}, {}, {}, {}, {})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version,
    changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""


@dataclass(frozen=True, slots=True)
class KeptSetting:
    """One setting that was changed. With `is_set` off it was taken back, and `value` says nothing."""

    name: str
    value: Any
    is_set: bool
    version: int
    changed_at: Millis
    changed_by: str


class ServerSettingsStore:
    """A row for each setting that was ever changed; values are JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_kept(self) -> list[KeptSetting]:
        """All rows; the highest version is the revision of them all."""
        return [
            KeptSetting(
                name=row["key"],
                value=None if row["value"] is None else json.loads(row["value"]),
                is_set=row["value"] is not None,
                version=row["version"],
                changed_at=row["changed_at"],
                changed_by=row["changed_by"],
            )
            for row in await self._database.fetch(_LIST)
        ]

    async def put(self, kept: KeptSetting) -> None:
        """Keep this value, or that there is none. PreconditionFailed where another has taken the version."""
        value = json.dumps(kept.value) if kept.is_set else None
        try:
            await self._database.fetch(_PUT, kept.name, value, kept.version, kept.changed_at, kept.changed_by)
        except UniqueViolated as error:
            raise PreconditionFailed("somebody else changed a setting at the same time; try again") from error
