"""Accounts, sign-ins, invitations and the link of the first start: `migrations/0001_accounts`."""

from __future__ import annotations

from piccolo.columns import BigInt, Bytea, Integer, Text
from piccolo.table import Table

from synctv_server.store.tables.columns import optional, primary_key, required


class Users(Table, tablename="users"):
    id = primary_key(Text)
    username = required(Text)
    name_key = required(Text)
    email = optional(Text)
    email_key = optional(Text)
    role = required(Text)
    status = required(Text)
    password_hash = optional(Text)
    ban_reason = optional(Text)
    banned_until = optional(BigInt)
    created_at = required(BigInt)
    version = required(BigInt)


class Sessions(Table, tablename="sessions"):
    id = primary_key(Text)
    user_id = required(Text)
    created_at = required(BigInt)
    last_used_at = required(BigInt)
    expires_at = required(BigInt)
    user_agent = required(Text)
    address = required(Text)
    guest_name = optional(Text)
    room_id = optional(Text)
    ended_at = optional(BigInt)
    refresh_hash = optional(Bytea)
    previous_hash = optional(Bytea)
    rotated_at = optional(BigInt)
    successor = optional(Bytea)


class RefreshTokens(Table, tablename="refresh_tokens"):
    hash = primary_key(Bytea)
    session_id = required(Text)
    used_at = required(BigInt)


class Invitations(Table, tablename="invitations"):
    id = primary_key(Text)
    secret_hash = required(Bytea)
    role = required(Text)
    uses_left = required(Integer)
    created_at = required(BigInt)
    expires_at = required(BigInt)
    created_by = optional(Text)


class SetupLinks(Table, tablename="setup_links"):
    id = primary_key(Integer)
    token_hash = required(Bytea)
    created_at = required(BigInt)
    expires_at = required(BigInt)


class RecoveryLinks(Table, tablename="recovery_links"):
    user_id = primary_key(Text)
    token_hash = required(Bytea)
    created_at = required(BigInt)
    expires_at = required(BigInt)
