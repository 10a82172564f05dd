"""Answers kept for retries: `migrations/0006_stored_answers`."""

from __future__ import annotations

from piccolo.columns import BigInt, Bytea, Integer, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import primary_key, required


class StoredAnswers(Table, tablename="stored_answers"):
    actor_key = required(Text)
    route = required(Text)
    key = primary_key(Text)
    fingerprint = required(Bytea)
    status = required(Integer)
    body = required(Bytea)
    created_at = required(BigInt)
