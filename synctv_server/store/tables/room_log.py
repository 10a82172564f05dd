"""What people did in rooms: the migration `room_log`."""

from __future__ import annotations

from piccolo.columns import BigInt, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class RoomLog(Table, tablename="room_log"):
    id = primary_key(Text)
    room_id = required(Text)
    at = required(BigInt)
    by_id = optional(Text)
    by_name = optional(Text)
    action = required(Text)
    target_id = optional(Text)
    target_name = optional(Text)
    details = required(Text)
