"""The audit log: it ends where the file outside the database says. `synctv audit log verify` reads all of it."""

from __future__ import annotations

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.store.trail import AuditTrail
from synctv_server.upkeep.doctor.check import Check, Verdict, ill, well
from synctv_server.upkeep.premises import Premises

_END = """
SELECT (SELECT entries FROM audit_head WHERE id = 1) AS entries,
    (SELECT COALESCE(MAX(seq), 0) FROM audit_entries) AS last,
    (SELECT hash FROM audit_entries WHERE seq = {}) AS remembered
"""
_FIX = "`synctv audit log verify` says what is missing; with --accept the log goes on after it"


async def end(premises: Premises) -> Verdict:
    """Nothing was cut off at the end of the audit log."""
    # Before the database is asked: the file follows it, and never goes ahead.
    file = AuditTrail(premises.data_dir / AUDIT_HEAD_FILE_NAME).read()
    if file is None:
        return ill(f"{premises.data_dir / AUDIT_HEAD_FILE_NAME} cannot be read", _FIX)
    [row] = await premises.rows(_END, file.count)
    if row["entries"] != row["last"]:
        return ill(
            f"the audit log has {row['last']} entries, and its head says {row['entries'] or 'nothing'}", _FIX
        )
    if file.count > row["last"]:
        return ill(f"the audit log was cut: it has {row['last']} entries, and had {file.count}", _FIX)
    if file.count and row["remembered"] not in {file.hash, None}:  # None: pruned since
        return ill(f"entry {file.count} of the audit log was changed", _FIX)
    return well(f"it ends with entry {row['last']}, as it should")


CHECKS = (Check("audit_log.end", end),)
