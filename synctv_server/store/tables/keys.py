"""The key ring: `migrations/0002_keys`, and the second wrapping of `key_wrapping`."""

from __future__ import annotations

from piccolo.columns import BigInt, Bytea, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class Keys(Table, tablename="keys"):
    kid = primary_key(Text)
    purpose = required(Text)
    algorithm = required(Text)
    state = required(Text)
    created_at = required(BigInt)
    activated_at = optional(BigInt)
    retires_at = optional(BigInt)
    sealed = required(Bytea)
    sealed_previous = optional(Bytea)
