"""Playlists and playback states: `migrations/0004_media`."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, DoublePrecision, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class Media(Table, tablename="media"):
    id = primary_key(Text)
    room_id = required(Text)
    title = required(Text)
    url = required(Text)
    kind = required(Text)
    added_by_id = required(Text)
    added_by_name = required(Text)
    created_at = required(BigInt)
    order_key = required(DoublePrecision)
    duration = optional(DoublePrecision)
    version = required(BigInt)


class Playback(Table, tablename="playback"):
    room_id = primary_key(Text)
    media_id = optional(Text)
    playing = required(Boolean)
    position = required(DoublePrecision)
    rate = required(DoublePrecision)
    revision = required(BigInt)
    changed_at = required(BigInt)
    effective_at = required(BigInt)
    last_alive_at = required(BigInt)
