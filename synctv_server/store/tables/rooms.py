"""Rooms, their members and bans: `migrations/0003_rooms`."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class Rooms(Table, tablename="rooms"):
    id = primary_key(Text)
    name = required(Text)
    search_key = required(Text)
    description = required(Text)
    visibility = required(Text)
    status = required(Text)
    owner_id = required(Text)
    password_hash = optional(Text)
    allow_guests = required(Boolean)
    max_members = required(Integer)
    control = required(Text)
    wait_policy = required(Text)
    version = required(BigInt)
    playlist_version = required(BigInt)
    created_at = required(BigInt)
    updated_at = required(BigInt)
    deleted_at = optional(BigInt)


class Members(Table, tablename="members"):
    room_id = required(Text)
    user_id = primary_key(Text)
    name = required(Text)
    role = required(Text)
    allow = required(BigInt)
    deny = required(BigInt)
    muted_until = optional(BigInt)
    joined_at = required(BigInt)
    invited_by = optional(Text)
    left_at = optional(BigInt)


class Bans(Table, tablename="bans"):
    room_id = required(Text)
    user_id = primary_key(Text)
    name = required(Text)
    by_id = required(Text)
    by_name = required(Text)
    reason = required(Text)
    created_at = required(BigInt)
    ends_at = optional(BigInt)
    address = optional(Text)
