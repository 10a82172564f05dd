"""The tables as Piccolo sees them, for building queries. The schema itself is in `migrations/`; a test compares."""

from __future__ import annotations

from piccolo.table import Table

from synctv_server.store.tables.accounts import (
    Invitations,
    RecoveryLinks,
    RefreshTokens,
    Sessions,
    SetupLinks,
    Users,
)
from synctv_server.store.tables.audit import AuditEntries, AuditHead
from synctv_server.store.tables.chat import Messages
from synctv_server.store.tables.idempotency import StoredAnswers
from synctv_server.store.tables.keys import Keys
from synctv_server.store.tables.media import Media, Playback
from synctv_server.store.tables.room_log import RoomLog
from synctv_server.store.tables.rooms import Bans, Members, Rooms
from synctv_server.store.tables.settings import Settings

__all__ = [
    "ALL",
    "AuditEntries",
    "AuditHead",
    "Bans",
    "Invitations",
    "Keys",
    "Media",
    "Members",
    "Messages",
    "Playback",
    "RecoveryLinks",
    "RefreshTokens",
    "RoomLog",
    "Rooms",
    "Sessions",
    "Settings",
    "SetupLinks",
    "StoredAnswers",
    "Users",
]

ALL: tuple[type[Table], ...] = (
    Users,
    Sessions,
    RefreshTokens,
    Invitations,
    SetupLinks,
    RecoveryLinks,
    Settings,
    Keys,
    Rooms,
    Members,
    Bans,
    Media,
    Playback,
    Messages,
    StoredAnswers,
    AuditEntries,
    AuditHead,
    RoomLog,
)
