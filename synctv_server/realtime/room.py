"""One room in memory: the projection of its log, and the sessions that look at it. Filled and kept by `Hub`.

Changes only in plain methods, when the log delivers: so a welcome is one consistent piece.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from synctv_server.cluster.room_log import LogEntry
from synctv_server.domain import events
from synctv_server.domain.events import Change
from synctv_server.domain.ids import ConnectionId, RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Permission
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room
from synctv_server.domain.times import Millis
from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.fanout import Pending
from synctv_server.realtime.presence import Attendance
from synctv_server.realtime.statuses import Statuses
from synctv_server.realtime.surroundings import Surroundings
from synctv_server.realtime.tiers import Tiers
from synctv_server.realtime.wire import encode_part, member_object, type_of

if TYPE_CHECKING:
    from synctv_server.realtime.session import Session


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is here, with the bytes that every welcome carries."""

    member: Member
    encoded: msgspec.Raw


class LiveRoom:
    """`room` and `playback` hold after `fill`; what the log delivers before that is kept and applied then."""

    room: Room
    playback: PlaybackState

    def __init__(self, room_id: RoomId, around: Surroundings) -> None:
        self.id = room_id
        self.around = around
        self.sessions: dict[ConnectionId, Session] = {}
        self.present: dict[UserId, Present] = {}
        self.statuses = Statuses()
        self.attendance = Attendance(around.now, partial(around.publish, room_id))
        self.tiers = Tiers(room_id, around, self._all_statuses)
        self.empty_since: Millis = around.now()
        self.standings_version = 0
        """Rises with each change of somebody's standing that the log has told."""
        self._early: list[LogEntry] | None = []

    def fill(self, room: Room, playback: PlaybackState) -> None:
        """The rows as they were read after the log was followed."""
        self.room, self.playback = room, playback
        early, self._early = self._early or [], None
        for entry in early:
            self.deliver(entry)

    def deliver(self, entry: LogEntry) -> None:
        """Take one entry of the log: apply it, and pass it on to everybody here."""
        if self._early is not None:
            self._early.append(entry)
            return
        self._apply(entry.event.change, entry.event.at)
        self.tiers.deliver(entry)
        self.around.metrics.ws_messages_total.labels(direction="out", type=type_of(entry.event)).inc(
            len(self.tiers)
        )
        if isinstance(entry.event.change, events.RoomClosed):
            self.end_all(CloseCode.ROOM_CLOSED)

    def join(self, session: Session) -> None:
        self.sessions[session.id] = session

    def leave(self, session: Session) -> None:
        if self.sessions.pop(session.id, None) is not None and not self.sessions:
            self.empty_since = self.around.now()

    def sessions_of(self, user_id: UserId) -> list[Session]:
        return [session for session in self.sessions.values() if session.member.person.id == user_id]

    def end_all(self, code: CloseCode) -> None:
        """Close every connection here, after what it was told."""
        self.tiers.flush()
        for session in list(self.sessions.values()):
            session.end(code)

    def members_seen_by(self, session: Session) -> list[msgspec.Raw]:
        """The people present, the viewer among them, as the welcome shows them; none to who may not see them."""
        if Permission.VIEW_MEMBERS not in session.mask:
            return []
        members = [present.encoded for present in self.present.values()]
        if session.member.person.id not in self.present:
            members.append(_present(session.member, self.around.now()).encoded)
        return members

    def change_standing(self, member: Member) -> None:
        """Somebody's role, permissions or mute are others now."""
        if member.person.id in self.present:
            self.present[member.person.id] = _present(member, self.around.now())
        for session in self.sessions_of(member.person.id):
            session.change_standing(member)

    def change_room(self, room: Room) -> None:
        """Take a newer version of the room; the preset of who plays may change everybody's mask."""
        if room.version > self.room.version:
            self.room = replace(room, playlist_version=max(room.playlist_version, self.room.playlist_version))
            for session in self.sessions.values():
                session.change_standing(session.member)

    def one_way_delay(self) -> Millis:
        """The 95th percentile of half the round trips of the people here; 0 while none is known."""
        delays = sorted(s.round_trip_ms / 2 for s in self.sessions.values() if s.round_trip_ms is not None)
        return round(delays[(len(delays) * 95 - 1) // 100]) if delays else 0

    def tick(self, now: Millis) -> None:
        """What the clock brings, each second: departures, statuses, stalled sockets."""
        self.attendance.tell_departures()
        self.tiers.drop_stalled(now)
        if frame := self.statuses.take_changed():
            self.tiers.tell(frame, Permission.VIEW_MEMBERS)

    def _apply(self, change: Change, at: Millis) -> None:
        match change:
            case events.PlaybackChanged(playback) if playback.revision > self.playback.revision:
                self.playback = playback
            case events.RoomChanged(room) | events.RoomClosed(room):
                self.change_room(room)
            case events.PlaylistChanged(version=version) if version > self.room.playlist_version:
                self.room = replace(self.room, playlist_version=version)
            case events.MemberJoined(members):
                self.present.update((member.person.id, _present(member, at)) for member in members)
            case events.MemberLeft(user_ids):
                self._forget(user_ids)
            case events.MemberChanged(member):
                self.standings_version += 1
                self.change_standing(member)

    def _forget(self, user_ids: Iterable[UserId]) -> None:
        for user_id in user_ids:
            self.present.pop(user_id, None)
            self.statuses.forget(user_id)

    def _all_statuses(self) -> Pending | None:
        frame = self.statuses.all()
        return Pending(0, Permission.VIEW_MEMBERS, frame) if frame else None


def _present(member: Member, now: Millis) -> Present:
    return Present(member, encode_part(member_object(member, now, present=True)))
