"""People in a room: memberships and bans."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.permissions import Control, Override, Permission, Role, effective
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis


@dataclass(frozen=True, slots=True)
class Member:
    """One person's standing in one room, account or guest alike."""

    room_id: RoomId
    person: Person
    role: Role
    joined_at: Millis
    own: Override = Override()
    muted_until: Millis | None = None
    invited_by: UserId | None = None

    def is_muted(self, now: Millis) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def permissions(self, control: Control, now: Millis) -> Permission:
        return effective(self.role, control, self.own, is_muted=self.is_muted(now))


@dataclass(frozen=True, slots=True)
class Ban:
    """Somebody who may not enter a room. A guest's ban covers the address it came from."""

    room_id: RoomId
    person: Person
    by: Person
    reason: str
    created_at: Millis
    until: Millis | None = None
    address: str | None = None

    def is_in_force(self, now: Millis) -> bool:
        return self.until is None or now < self.until
