"""The audit log's chain: entries appended to it as the last statements before a COMMIT. Called by the transaction.

Its head is a row of its own. Whoever appends locks it first, and holds it for two statements and the COMMIT: of the
locks of a transaction it is the last, after the room's turn and all other rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synctv_server.domain.audit import Entry, Head, Note
from synctv_server.domain.errors import BrokenState, Unavailable

if TYPE_CHECKING:
    from synctv_server.store.engine import StoreEngine

# An UPDATE that changes nothing locks the row on both databases, and sees what the one before has committed.
_LOCK = "UPDATE audit_head SET entries = entries WHERE id = 1 RETURNING entries, hash"
_MOVE = "UPDATE audit_head SET entries = {}, hash = {} WHERE id = 1"
_HASH = "SELECT hash FROM audit_entries WHERE seq = {}"
_FIRST = "SELECT MIN(seq) AS seq FROM audit_entries"
_ADD = """
INSERT INTO audit_entries (seq, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name,
    address, outcome, details, previous, hash)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
"""


async def append(engine: StoreEngine, connection: Any, notes: Sequence[Note]) -> Head:
    """Write the notes as entries on this connection; the new head, which counts once it is committed.

    Unavailable `audit.cut` when the log does not go on from where this process or the file outside last saw it.
    """
    rows = await engine.execute(connection, _LOCK)
    if not rows:
        raise BrokenState("the head of the audit log is gone from the database", hint="restore a backup")
    head = Head(rows[0]["entries"], rows[0]["hash"])
    await _require_whole(engine, connection, head)
    for note in notes:
        entry = note.entry_after(head, engine.trail.now())
        await engine.execute(connection, _ADD, columns(entry))
        head = entry.head
    await engine.execute(connection, _MOVE, (head.count, head.hash))
    return head


async def _require_whole(engine: StoreEngine, connection: Any, head: Head) -> None:
    seen = engine.trail.seen
    if seen == head:
        return
    if seen is not None and seen.count < head.count:  # another process has written meanwhile
        if seen.count == 0:
            return
        rows = await engine.execute(connection, _HASH, (seen.count,))
        if rows and rows[0]["hash"] == seen.hash:
            return
        if not rows and seen.count < ((await engine.execute(connection, _FIRST))[0]["seq"] or 0):
            return  # pruned
    raise Unavailable(
        "the audit log was cut or changed, so nothing can be added to it",
        code="audit.cut",
        hint="`synctv audit log verify` shows what is missing; with --accept the log goes on after it.",
    )


def columns(entry: Entry) -> tuple[Any, ...]:
    """The entry in the order of the table's columns."""
    who, whom = entry.actor, entry.target
    return (
        entry.seq,
        entry.at,
        who.type,
        who.id,
        who.name,
        entry.action,
        whom.type,
        whom.id,
        whom.name,
        entry.address,
        entry.outcome,
        entry.details,
        entry.previous,
        entry.hash,
    )
