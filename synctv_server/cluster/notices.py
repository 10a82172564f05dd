"""What every server must hear at once: an ended session, a ban, a kick, changed permissions, a room that is gone.

Services publish after their commit; `realtime` closes sockets, caches drop what they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from synctv_server.domain.ids import RoomId, SessionId, UserId


class Removal(StrEnum):
    """Why somebody is no longer in a room."""

    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """These login sessions are over: their tokens are good for nothing, their sockets close."""

    session_ids: tuple[SessionId, ...]


@dataclass(frozen=True, slots=True)
class UserBanned:
    """Banned from the whole site."""

    user_id: UserId


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """No longer in this room."""

    room_id: RoomId
    user_id: UserId
    reason: Removal


@dataclass(frozen=True, slots=True)
class PermissionsChanged:
    """Read the standing of this person in this room again; of everybody where `user_id` is None."""

    room_id: RoomId
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class RoomGone:
    """Deleted. Closing a room is an event of its log instead."""

    room_id: RoomId


@dataclass(frozen=True, slots=True)
class KeysChanged:
    """The key ring holds other keys now."""


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Other runtime settings hold now."""


Notice = (
    SessionEnded | UserBanned | MemberRemoved | PermissionsChanged | RoomGone | KeysChanged | SettingsChanged
)

Hear = Callable[[Notice], None]
"""Takes one notice. Must neither wait nor raise."""


class Notices(Protocol):
    """Heard by every server within a second, by the publishing one before `publish` returns."""

    async def publish(self, notice: Notice) -> None:
        """Tell every follower on every server."""

    def follow(self, hear: Hear) -> Callable[[], None]:
        """Have every later notice told to `hear`, until the answer is called."""
