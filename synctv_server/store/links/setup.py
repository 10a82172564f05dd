"""The link of the first start, of which only the hash is kept. Called by the service of the root account."""

from __future__ import annotations

from dataclasses import dataclass, field

from synctv_server.domain.times import Millis
from synctv_server.store.database import Database

_PUT = """
INSERT INTO setup_links (id, token_hash, created_at, expires_at) VALUES (1, {}, {}, {})
ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at,
    expires_at = excluded.expires_at
"""
_CONSUME = "DELETE FROM setup_links WHERE token_hash = {} AND expires_at > {} RETURNING id"


@dataclass(frozen=True, slots=True)
class SetupRecord:
    """The one link that is good at present."""

    token_hash: bytes = field(repr=False)
    created_at: Millis
    expires_at: Millis


class SetupStore:
    """At most one row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, token_hash: bytes, expires_at: Millis, now: Millis) -> None:
        """Make this the one link; any other is good no more."""
        async with self._database.durably():
            await self._database.fetch(_PUT, token_hash, now, expires_at)

    async def find(self, now: Millis) -> SetupRecord | None:
        """The link, unless there is none or it has expired."""
        row = await self._database.fetch_one(
            "SELECT token_hash, created_at, expires_at FROM setup_links WHERE expires_at > {}", now
        )
        return None if row is None else SetupRecord(row["token_hash"], row["created_at"], row["expires_at"])

    async def consume(self, token_hash: bytes, now: Millis) -> bool:
        """Use the link up. Of two who try at once one gets True."""
        async with self._database.durably():
            return bool(await self._database.fetch(_CONSUME, token_hash, now))
