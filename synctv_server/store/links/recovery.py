"""Links by which a new password is set; of their secrets only hashes are kept. Called by the service of rescue."""

from __future__ import annotations

from synctv_server.domain.ids import UserId
from synctv_server.domain.times import Millis
from synctv_server.store.database import Database

_PUT = """
INSERT INTO recovery_links (user_id, token_hash, created_at, expires_at) VALUES ({}, {}, {}, {})
ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at,
    expires_at = excluded.expires_at
"""
_FIND = "SELECT user_id FROM recovery_links WHERE token_hash = {} AND expires_at > {}"
_CONSUME = "DELETE FROM recovery_links WHERE token_hash = {} AND expires_at > {} RETURNING user_id"
_DELETE_EXPIRED = "DELETE FROM recovery_links WHERE expires_at < {} RETURNING user_id"


class RecoveryStore:
    """At most one row for each account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, user_id: UserId, token_hash: bytes, expires_at: Millis, now: Millis) -> None:
        """Make this the one link of the account; any other is good no more."""
        async with self._database.durably():
            await self._database.fetch(_PUT, user_id, token_hash, now, expires_at)

    async def find_user(self, token_hash: bytes, now: Millis) -> UserId | None:
        """Whose link this is, unless there is none or it is over."""
        row = await self._database.fetch_one(_FIND, token_hash, now)
        return None if row is None else UserId(row["user_id"])

    async def consume(self, token_hash: bytes, now: Millis) -> bool:
        """Use the link up. Of two who try at once one gets True."""
        async with self._database.durably():
            return bool(await self._database.fetch(_CONSUME, token_hash, now))

    async def delete_expired(self, before: Millis) -> int:
        """Forget those that ended before this moment; how many there were."""
        return len(await self._database.fetch(_DELETE_EXPIRED, before))
