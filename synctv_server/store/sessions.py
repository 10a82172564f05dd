"""Login sessions and their refresh tokens, of which only hashes are kept.

Called by the services of sign-in. Writes are durable when they stand alone, apart from `touch`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from synctv_server.domain.errors import Conflict
from synctv_server.domain.ids import RoomId, SessionId, UserId
from synctv_server.domain.sessions import Session
from synctv_server.domain.times import Millis
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.engines.faults import UniqueViolated
from synctv_server.store.tables import RefreshTokens, Sessions

_BY_ID = """
SELECT id, user_id, created_at, last_used_at, expires_at, user_agent, address, guest_name, room_id, ended_at
FROM sessions WHERE id = {}
"""
_BY_REFRESH = """
SELECT id, user_id, created_at, last_used_at, expires_at, user_agent, address, guest_name, room_id, ended_at,
    refresh_hash, previous_hash, rotated_at, successor
FROM sessions
WHERE refresh_hash = {} OR previous_hash = {}
    OR id = (SELECT session_id FROM refresh_tokens WHERE hash = {})
"""
_COUNT_USED = """
SELECT count(*) AS used FROM sessions
WHERE last_used_at >= {} AND last_used_at <= {} AND expires_at > {} AND ended_at IS NULL
"""
_ROTATE = """
UPDATE sessions SET previous_hash = refresh_hash, refresh_hash = {}, rotated_at = {}, last_used_at = {},
    successor = {}
WHERE id = {} AND refresh_hash = {} AND ended_at IS NULL
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class RefreshMatch:
    """The session that a refresh token belongs to, and whether it is its present one, the last, or an older.

    `successor` is what the last rotation has answered, encrypted by the caller under the token before it.
    """

    session: Session
    which: Literal["current", "previous", "older"]
    rotated_at: Millis | None
    successor: bytes | None = field(default=None, repr=False)


class SessionStore:
    """One row per sign-in; used-up refresh tokens are kept, to know a copied one when it comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, session: Session, refresh_hash: bytes | None) -> None:
        """A new sign-in; without a hash it cannot be renewed."""
        await self._database.keep(Sessions.insert(_row(session, refresh_hash)))

    async def find_session(self, session_id: SessionId) -> Session | None:
        """The session, ended or not."""
        row = await self._database.fetch_one(_BY_ID, session_id)
        return None if row is None else _session(row)

    async def find_by_refresh(self, refresh_hash: bytes) -> RefreshMatch | None:
        """The session to which the token with this hash belongs or has belonged."""
        row = await self._database.fetch_one(_BY_REFRESH, refresh_hash, refresh_hash, refresh_hash)
        if row is None:
            return None
        which: Literal["current", "previous", "older"] = "older"
        if row["refresh_hash"] == refresh_hash:
            which = "current"
        elif row["previous_hash"] == refresh_hash:
            which = "previous"
        return RefreshMatch(_session(row), which, row["rotated_at"], row["successor"])

    async def rotate(
        self, session_id: SessionId, old_hash: bytes, new_hash: bytes, now: Millis, *, successor: bytes
    ) -> bool:
        """Replace the refresh token, if `old_hash` is still the present one and the session has not ended.

        Of two who try at once one gets True.
        """
        try:
            async with self._database.transaction(durable=True):
                return await self._rotate(session_id, old_hash, new_hash, now, successor)
        except UniqueViolated as error:
            raise Conflict("this refresh token is in use already", code="session.token_used") from error

    async def _rotate(
        self, session_id: SessionId, old_hash: bytes, new_hash: bytes, now: Millis, successor: bytes
    ) -> bool:
        rotated = await self._database.fetch(_ROTATE, new_hash, now, now, successor, session_id, old_hash)
        if rotated:
            used = RefreshTokens(hash=old_hash, session_id=session_id, used_at=now)
            await self._database.run(RefreshTokens.insert(used))
        return bool(rotated)

    async def touch(self, session_id: SessionId, now: Millis, address: str) -> None:
        """Note the last use and where it came from."""
        await self._database.run(
            Sessions.update({Sessions.last_used_at: now, Sessions.address: address}).where(
                Sessions.id == session_id
            )
        )

    async def extend(self, session_id: SessionId, expires_at: Millis) -> None:
        """Let it live until `expires_at`."""
        await self._database.keep(
            Sessions.update({Sessions.expires_at: expires_at}).where(Sessions.id == session_id)
        )

    async def list_sessions(self, user_id: UserId, now: Millis) -> list[Session]:
        """Those of one person that are alive, the newest first."""
        query = (
            Sessions.select()
            .where(Sessions.user_id == user_id, Sessions.ended_at.is_null(), Sessions.expires_at > now)
            .order_by(Sessions.created_at, Sessions.id, ascending=False)
        )
        return [_session(row) for row in await self._database.run(query)]

    async def count_used(self, since: Millis, until: Millis, *, now: Millis) -> int:
        """How many that are alive were opened or renewed last between these moments."""
        row = await self._database.fetch_one(_COUNT_USED, since, until, now)
        return 0 if row is None else int(row["used"])

    async def end(self, session_id: SessionId, now: Millis) -> bool:
        """End it; False where it has ended before or never was."""
        query = Sessions.update({Sessions.ended_at: now}).where(
            Sessions.id == session_id, Sessions.ended_at.is_null()
        )
        ended = await self._database.keep(query.returning(Sessions.id))
        return bool(ended)

    async def end_all(
        self, user_id: UserId, now: Millis, *, except_id: SessionId | None = None
    ) -> list[SessionId]:
        """End all sessions of one person but one; the ids of those that were alive."""
        query = Sessions.update({Sessions.ended_at: now}).where(
            Sessions.user_id == user_id, Sessions.ended_at.is_null()
        )
        if except_id is not None:
            query = query.where(Sessions.id != except_id)
        ended = await self._database.keep(query.returning(Sessions.id))
        return [SessionId(row["id"]) for row in ended]

    async def delete_expired(self, before: Millis) -> int:
        """Forget sessions that expired or ended before this moment; how many there were."""
        gone = await self._database.fetch(
            "DELETE FROM sessions WHERE expires_at < {} OR ended_at < {} RETURNING id", before, before
        )
        return len(gone)


def _row(session: Session, refresh_hash: bytes | None) -> Sessions:
    values: dict[str, Any] = {
        "id": session.id,
        "user_id": session.user_id,
        "created_at": session.created_at,
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
        "user_agent": session.user_agent,
        "address": session.address,
        "guest_name": session.guest_name,
        "room_id": session.room_id,
        "ended_at": session.ended_at,
        "refresh_hash": refresh_hash,
    }
    return Sessions(**values)


def _session(row: Row) -> Session:
    return Session(
        id=SessionId(row["id"]),
        user_id=UserId(row["user_id"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        user_agent=row["user_agent"],
        address=row["address"],
        guest_name=row["guest_name"],
        room_id=None if row["room_id"] is None else RoomId(row["room_id"]),
        ended_at=row["ended_at"],
    )
