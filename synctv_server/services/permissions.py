"""Who somebody is in a room now, and whether that is enough. The first step of every service that acts in a room."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.errors import Conflict, Forbidden, NotFound
from synctv_server.domain.ids import RoomId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import NONE, SEE, TALK, Permission, require
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.times import Now, to_rfc3339
from synctv_server.store.rooms import RoomStore


@dataclass(frozen=True, slots=True)
class Standing:
    """A room, and what the actor may do there.

    `member` is None for an administrator of the site who is not in the room: that one sees, and may close it.
    """

    room: Room
    member: Member | None
    mask: Permission

    @property
    def rank(self) -> int:
        """Rank within the room. It is no rank of the site: there, closing a room is all there is to do."""
        return 0 if self.member is None else self.member.role.rank

    @property
    def person(self) -> Person | None:
        """Who the room is told has done it; None for somebody from outside."""
        return None if self.member is None else self.member.person

    def insider(self) -> Person:
        """The member's person; Forbidden for somebody who looks in from outside."""
        if self.member is None:
            raise not_a_member()
        return self.member.person


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class RoomAccess:
    """Reads room and membership from the store: inside a turn that is the state that the turn works on."""

    rooms: RoomStore
    now: Now

    async def enter(
        self, actor: Actor, room_id: RoomId, needed: Permission = NONE, *, even_closed: bool = False
    ) -> Standing:
        """The actor's standing, with all of `needed`.

        NotFound when there is no such room, Forbidden (`room.not_member`, `room.muted`, `room.no_permission`)
        when it is not enough, Conflict (`room.closed`) unless `even_closed`.
        """
        standing = await self.find(actor, room_id)
        if standing is None or (needed & ~SEE and standing.member is None):
            raise not_a_member()
        if standing.room.is_closed and not even_closed:
            raise Conflict("the room is closed", code="room.closed")
        self._refuse_muted(standing, needed)
        require(standing.mask, needed)
        return standing

    async def find(self, actor: Actor, room_id: RoomId) -> Standing | None:
        """The actor's standing, None for a stranger; NotFound when there is no such room."""
        if actor.user_id is None or (actor.is_guest and actor.room_id != room_id):
            room, member = await self.rooms.get_room(room_id), None
        elif found := await self.rooms.find_with_member(room_id, actor.user_id):
            room, member = found
        else:
            raise NotFound("there is no such room", code="room.not_found")
        if member is not None:
            return Standing(room, member, member.permissions(room.settings.control, self.now()))
        return Standing(room, None, SEE) if actor.is_administrator else None

    def _refuse_muted(self, standing: Standing, needed: Permission) -> None:
        member = standing.member
        if not needed & TALK & ~standing.mask or member is None or member.muted_until is None:
            return
        if member.is_muted(self.now()):
            raise Forbidden(f"you are muted until {to_rfc3339(member.muted_until)}", code="room.muted")


def not_a_member() -> Forbidden:
    return Forbidden("you are not in this room; join it first", code="room.not_member")
