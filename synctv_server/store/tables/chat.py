"""Messages: `migrations/0005_messages`."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class Messages(Table, tablename="messages"):
    id = primary_key(Text)
    room_id = required(Text)
    author_id = required(Text)
    author_name = required(Text)
    text = required(Text)
    created_at = required(BigInt)
    reply_to = optional(Text)
    nonce = optional(Text)
    deleted = required(Boolean)
