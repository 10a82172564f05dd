"""The audit log, read: in pages for people, from the beginning for who checks it. Written by `store.chain` alone."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.audit import EMPTY, Entry, Head, Party
from synctv_server.domain.pages import Page
from synctv_server.domain.times import Millis
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import AuditEntries

_END = """
SELECT (SELECT entries FROM audit_head WHERE id = 1) AS entries, (SELECT hash FROM audit_head WHERE id = 1) AS hash,
    (SELECT COALESCE(MAX(seq), 0) FROM audit_entries) AS last
"""
_LAST = "SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1"
_ADOPT = """
INSERT INTO audit_head (id, entries, hash) VALUES (1, {}, {})
ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, hash = excluded.hash
"""
_AFTER = """
SELECT seq, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, address, outcome,
    details, previous, hash
FROM audit_entries WHERE seq > {} ORDER BY seq LIMIT {}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted; None is any.

    `actor` is a name, an id or a type; `action` is one like `user.banned`, or the noun alone.
    """

    since: Millis | None = None
    actor: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The end of the log at one moment: what the head row says, and the number of the last entry that is there.

    `head` is None where somebody has taken the row away.
    """

    head: Head | None
    last: int


class AuditStore:
    """The entries, and where they end."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def end(self) -> LogEnd:
        """Where the log ends now."""
        (row,) = await self._database.fetch(_END)
        head = None if row["entries"] is None else Head(row["entries"], row["hash"])
        return LogEnd(head, row["last"])

    async def delete_through(self, seq: int) -> None:
        """Forget the entries up to this one, in the transaction that says so."""
        await self._database.fetch("DELETE FROM audit_entries WHERE seq <= {}", seq)

    async def hold_end(self) -> None:
        """Let nobody append until this transaction is over."""
        await self._database.fetch("UPDATE audit_head SET entries = entries WHERE id = 1")

    async def adopt_end(self) -> Head:
        """Have the log go on behind the last entry that is there, in the transaction that says why. Its head."""
        row = await self._database.fetch_one(_LAST)
        head = EMPTY if row is None else Head(row["seq"], row["hash"])
        await self._database.fetch(_ADOPT, head.count, head.hash)
        return head

    async def list_entries(self, wanted: AuditFilter, cursor: str | None, limit: int) -> Page[Entry]:
        """The newest first."""
        query = AuditEntries.select().order_by(AuditEntries.seq, ascending=False).limit(limit + 1)
        if cursor is not None:
            (before,) = cursors.decode(cursor, tuple[int])
            query = query.where(AuditEntries.seq < before)
        if wanted.since is not None:
            query = query.where(AuditEntries.at >= wanted.since)
        if wanted.actor is not None:
            names = (AuditEntries.actor_name, AuditEntries.actor_id, AuditEntries.actor_type)
            by_name, by_id, by_type = (name == wanted.actor for name in names)
            query = query.where(by_name | by_id | by_type)
        if wanted.action is not None:
            noun = AuditEntries.action.like(f"{wanted.action}.%")
            query = query.where((AuditEntries.action == wanted.action) | noun)
        rows = await self._database.run(query)
        return cursors.page(rows, limit, _entry, lambda row: (row["seq"],))

    async def entries_after(self, seq: int, limit: int) -> list[Entry]:
        """The next entries behind this number, in their order."""
        return [_entry(row) for row in await self._database.fetch(_AFTER, seq, limit)]


def _entry(row: Row) -> Entry:
    return Entry(
        seq=row["seq"],
        at=row["at"],
        actor=Party(row["actor_type"], row["actor_id"], row["actor_name"]),
        action=row["action"],
        target=Party(row["target_type"], row["target_id"], row["target_name"]),
        address=row["address"],
        outcome=row["outcome"],
        details=row["details"],
        previous=row["previous"],
        hash=row["hash"],
    )
