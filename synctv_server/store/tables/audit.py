"""The audit log and its head: the migration `audit`."""

from __future__ import annotations

from piccolo.columns import BigInt, Integer, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import primary_key, required


class AuditEntries(Table, tablename="audit_entries"):
    seq = primary_key(BigInt)
    at = required(BigInt)
    actor_type = required(Text)
    actor_id = required(Text)
    actor_name = required(Text)
    action = required(Text)
    target_type = required(Text)
    target_id = required(Text)
    target_name = required(Text)
    address = required(Text)
    outcome = required(Text)
    details = required(Text)
    previous = required(Text)
    hash = required(Text)


class AuditHead(Table, tablename="audit_head"):
    id = primary_key(Integer)
    entries = required(BigInt)
    hash = required(Text)
