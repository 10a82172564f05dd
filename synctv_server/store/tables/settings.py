"""What administrators changed in the running server: `migrations/0010_settings`."""

from __future__ import annotations

from piccolo.columns import BigInt, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class Settings(Table, tablename="settings"):
    key = primary_key(Text)
    value = optional(Text)
    version = required(BigInt)
    changed_at = required(BigInt)
    changed_by = required(Text)
