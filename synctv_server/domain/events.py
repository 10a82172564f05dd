"""What has happened in a room, past tense.

Numbered by the room's log; carries whole states with their versions.
"""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.chat import Message
from synctv_server.domain.ids import MediaId, MessageId, UserId
from synctv_server.domain.media import MediaItem
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Permission
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis


@dataclass(frozen=True, slots=True)
class PlaybackChanged:
    playback: PlaybackState


@dataclass(frozen=True, slots=True)
class ChatSent:
    message: Message


@dataclass(frozen=True, slots=True)
class ChatDeleted:
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """First connection of these people; told in batches, by nobody."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """The last connections of these people are gone since ten seconds."""

    user_ids: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """Role, permissions or mute of one person are others now."""

    member: Member


@dataclass(frozen=True, slots=True)
class RoomChanged:
    room: Room


@dataclass(frozen=True, slots=True)
class RoomClosed:
    room: Room


@dataclass(frozen=True, slots=True)
class PlaylistChanged:
    """A delta.

    Items that are new or changed, and the ids of those that are gone; `version` is the playlist's.
    """

    version: int
    changed: tuple[MediaItem, ...] = ()
    removed: tuple[MediaId, ...] = ()


Change = (
    PlaybackChanged
    | ChatSent
    | ChatDeleted
    | MemberJoined
    | MemberLeft
    | MemberChanged
    | RoomChanged
    | RoomClosed
    | PlaylistChanged
)


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """One entry of a room's log before it has a number: what, when by the server's clock, by whom."""

    change: Change
    at: Millis
    actor: Person | None = None

    @property
    def needs(self) -> Permission:
        """What a viewer must hold to see it; others get the same number marked hidden."""
        if isinstance(self.change, MemberJoined | MemberLeft | MemberChanged):
            return Permission.VIEW_MEMBERS
        if isinstance(self.change, PlaylistChanged):
            return Permission.VIEW_LIBRARY
        return Permission(0)
