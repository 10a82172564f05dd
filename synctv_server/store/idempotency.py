"""Answers to requests that carried an Idempotency-Key, so that a retry gets the same one. Called by api.http."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.times import DAY, Millis
from synctv_server.store.database import Database
from synctv_server.store.tables import StoredAnswers

KEPT_FOR: Millis = DAY
_FIND = """
SELECT fingerprint, status, body, created_at FROM stored_answers
WHERE actor_key = {} AND route = {} AND key = {} AND created_at > {}
"""
_PUT = """
INSERT INTO stored_answers (actor_key, route, key, fingerprint, status, body, created_at)
VALUES ({}, {}, {}, {}, {}, {}, {})
ON CONFLICT (actor_key, route, key) DO UPDATE SET fingerprint = excluded.fingerprint,
    status = excluded.status, body = excluded.body, created_at = excluded.created_at
WHERE stored_answers.created_at <= {}
"""


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Whose request it was, of which kind, under which key."""

    actor_key: str
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered. `fingerprint` is of the request: another one under the same key is a mistake."""

    fingerprint: bytes
    status: int
    body: bytes
    created_at: Millis


class IdempotencyStore:
    """One row per key, kept for a day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: AnswerKey, now: Millis) -> StoredAnswer | None:
        """The answer of the last day under this key."""
        row = await self._database.fetch_one(_FIND, key.actor_key, key.route, key.key, now - KEPT_FOR)
        if row is None:
            return None
        return StoredAnswer(row["fingerprint"], row["status"], row["body"], row["created_at"])

    async def put(self, key: AnswerKey, answer: StoredAnswer) -> None:
        """Keep an answer; the first one under a key stays for its day."""
        await self._database.fetch(
            _PUT,
            key.actor_key,
            key.route,
            key.key,
            answer.fingerprint,
            answer.status,
            answer.body,
            answer.created_at,
            answer.created_at - KEPT_FOR,
        )

    async def delete_expired(self, now: Millis) -> int:
        """Forget what is older than a day; how many there were."""
        query = StoredAnswers.delete().where(StoredAnswers.created_at <= now - KEPT_FOR)
        return len(await self._database.run(query.returning(StoredAnswers.key)))
