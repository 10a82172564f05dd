"""People in a room: who joins and leaves, what each may do, who is shown the door."""

from __future__ import annotations

from dataclasses import dataclass, replace

from synctv_server.cluster.notices import PermissionsChanged, Removal
from synctv_server.domain.commands import EditMember
from synctv_server.domain.errors import Conflict, Forbidden, NotFound
from synctv_server.domain.events import MemberChanged
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import (
    NONE,
    Override,
    Permission,
    Role,
    names,
    require_grant,
    require_higher_rank,
)
from synctv_server.domain.room_log import RoomDeed, member_deed
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.text import invalid
from synctv_server.domain.times import Millis, Now
from synctv_server.services.admission import Admission, Entrant
from synctv_server.services.departures import Departures
from synctv_server.services.permissions import RoomAccess, Standing
from synctv_server.services.turns import Turns
from synctv_server.store.members import MemberStore


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class MemberService:
    """Nobody grants what they do not hold, acts on an equal or higher rank, or changes their own standing."""

    turns: Turns
    access: RoomAccess
    admission: Admission
    departures: Departures
    members: MemberStore
    now: Now

    async def join(
        self, actor: Actor, room_id: RoomId, *, password: str | None = None, address: str = ""
    ) -> Member:
        """The actor's membership; joining twice is joining once. Raises as `Admission.admit`."""
        if actor.is_guest and actor.room_id != room_id:
            raise Forbidden(
                "you are a guest of another room; enter this one as its guest", code="room.not_member"
            )
        role = Role.GUEST if actor.is_guest else Role.MEMBER
        entrant = Entrant(Person(actor.person(), actor.name), role, address)
        return await self.admission.admit(room_id, entrant, password)

    async def leave(self, actor: Actor, room_id: RoomId) -> None:
        """The actor is no longer in the room; the owner cannot leave."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, even_closed=True)
            standing.insider()
            if standing.member is None or standing.member.role is Role.OWNER:
                raise Conflict(
                    "the owner cannot leave; delete the room instead", code="room.owner_cannot_leave"
                )
            await self.departures.remove(turn, standing.member, Removal.LEFT)
            turn.record(RoomDeed("member.left", standing.person))

    async def list_members(
        self, actor: Actor, room_id: RoomId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Member]:
        await self.access.enter(actor, room_id, Permission.VIEW_MEMBERS, even_closed=True)
        return await self.members.list_members(room_id, cursor, limit)

    async def get_member(self, actor: Actor, room_id: RoomId, user_id: UserId) -> Member:
        """Oneself always, others with `view_members`."""
        needed = NONE if user_id == actor.user_id else Permission.VIEW_MEMBERS
        await self.access.enter(actor, room_id, needed, even_closed=True)
        return await self._get(room_id, user_id)

    async def update(self, actor: Actor, room_id: RoomId, user_id: UserId, edit: EditMember) -> Member:
        """Role and overrides need `manage_members`, a mute `mute_members`. One event; none without a change."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, _needed(edit), even_closed=True)
            before = await self._get_lower(standing, user_id)
            after = _edited(before, edit)
            self._require_grant(standing, before, after)
            if after == before:
                return before
            await self.members.update(after)
            turn.publish(MemberChanged(after), standing.person)
            turn.record(member_deed(before, after, standing.person))
            turn.notify(PermissionsChanged(room_id, user_id))
            return after

    async def kick(self, actor: Actor, room_id: RoomId, user_id: UserId) -> None:
        """Out of the room; nothing keeps this person from joining again but a password or a ban."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, Permission.KICK_MEMBERS, even_closed=True)
            member = await self._get_lower(standing, user_id)
            await self.departures.remove(turn, member, Removal.KICKED)
            turn.record(RoomDeed("member.kicked", standing.person, member.person))

    async def _get(self, room_id: RoomId, user_id: UserId) -> Member:
        member = await self.members.find_member(room_id, user_id)
        if member is None:
            raise NotFound("there is no such person in this room", code="member.not_found")
        return member

    async def _get_lower(self, standing: Standing, user_id: UserId) -> Member:
        """The member, if the actor stands above; nobody stands above themselves."""
        member = await self._get(standing.room.id, user_id)
        if standing.insider().id == user_id:
            raise Forbidden("you cannot do this to yourself")
        require_higher_rank(standing.rank, member.role.rank)
        return member

    def _require_grant(self, standing: Standing, before: Member, after: Member) -> None:
        require_grant(standing.mask, after.role, before.own, after.own)
        if after.role is not before.role:
            require_higher_rank(standing.rank, after.role.rank)
        control, now = standing.room.settings.control, self.now()
        gained = after.permissions(control, now) & ~before.permissions(control, now)
        if excess := gained & ~standing.mask:
            raise Forbidden(f"you cannot grant what you do not hold: {', '.join(names(excess))}")


def _needed(edit: EditMember) -> Permission:
    needed = NONE
    if edit.role is not None or edit.allow is not None or edit.deny is not None:
        needed |= Permission.MANAGE_MEMBERS
    if edit.muted_until is not None or edit.unmute:
        needed |= Permission.MUTE_MEMBERS
    return needed


def _edited(member: Member, edit: EditMember) -> Member:
    return replace(
        member,
        role=member.role if edit.role is None else _checked_role(member, edit.role),
        own=Override(
            allow=member.own.allow if edit.allow is None else edit.allow,
            deny=member.own.deny if edit.deny is None else edit.deny,
        ),
        muted_until=_muted_until(member, edit),
    )


def _checked_role(member: Member, role: Role) -> Role:
    if role is member.role:
        return role
    if Role.GUEST in (role, member.role):
        raise invalid("role", "cannot be changed from or to guest: a guest has no account")
    if role is Role.OWNER:
        raise invalid("role", "must be admin or member: a room has one owner")
    return role


def _muted_until(member: Member, edit: EditMember) -> Millis | None:
    if edit.unmute:
        return None
    return member.muted_until if edit.muted_until is None else edit.muted_until
