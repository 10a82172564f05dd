"""What people did in a room, for those who look after it: one line each, past tense. Not the log of events that
viewers follow, and not the audit log of the site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synctv_server.domain.commands import Load, Pause, Play, PlaybackCommand, Seek
from synctv_server.domain.ids import RecordId, RoomId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import names
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import DAY, Millis, to_rfc3339

KEPT_FOR: Millis = 90 * DAY


@dataclass(frozen=True, slots=True)
class RoomDeed:
    """What was done. `by` is None where an administrator of the site did it from outside of the room."""

    action: str
    by: Person | None
    target: Person | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """One line of the log; the ids are in the order of the lines."""

    id: RecordId
    room_id: RoomId
    at: Millis
    deed: RoomDeed


def playback_deed(command: PlaybackCommand, by: Person | None) -> RoomDeed:
    """A command that has changed what the room plays."""
    match command:
        case Play():
            return RoomDeed("playback.played", by, details={"position": command.position})
        case Pause():
            return RoomDeed("playback.paused", by, details={"position": command.position})
        case Seek():
            return RoomDeed("playback.sought", by, details={"position": command.position})
        case Load():
            details = {"media_id": command.media_id, "position": command.position}
            return RoomDeed("playback.loaded", by, details=details)
    return RoomDeed("playback.rate_set", by, details={"rate": command.rate})


def room_deed(before: Room, after: Room, by: Person | None) -> RoomDeed:
    """The fields of the room that were changed; of its password only whether there is one."""
    action = "room.changed"
    if before.status is not after.status:
        action = "room.closed" if after.is_closed else "room.reopened"
    return RoomDeed(action, by, details=_changes(_room(before), _room(after)))


def member_deed(before: Member, after: Member, by: Person | None) -> RoomDeed:
    """What was changed of somebody's standing."""
    return RoomDeed("member.changed", by, after.person, _changes(_member(before), _member(after)))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    changed = [name for name in after if before[name] != after[name]]
    return {
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }


def _room(room: Room) -> dict[str, Any]:
    return {
        "name": room.name,
        "description": room.description,
        "visibility": room.visibility,
        "status": room.status,
        "has_password": room.has_password,
        "allow_guests": room.settings.allow_guests,
        "max_members": room.settings.max_members,
        "control": room.settings.control,
        "wait_policy": room.settings.wait_policy,
    }


def _member(member: Member) -> dict[str, Any]:
    until = member.muted_until
    return {
        "role": member.role,
        "allow": names(member.own.allow),
        "deny": names(member.own.deny),
        "muted_until": None if until is None else to_rfc3339(until),
    }
