"""Who may not come into a room any more."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.cluster.notices import Removal
from synctv_server.domain import text
from synctv_server.domain.commands import BanPerson
from synctv_server.domain.errors import Forbidden, NotFound
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Ban, Member
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Permission, Role, require_higher_rank
from synctv_server.domain.room_log import RoomDeed
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.times import Millis, Now, to_rfc3339
from synctv_server.services.departures import Departures
from synctv_server.services.permissions import RoomAccess
from synctv_server.services.turns import Turns
from synctv_server.store.bans import BanStore
from synctv_server.store.members import MemberStore
from synctv_server.store.sessions import SessionStore
from synctv_server.store.users import UserStore

REASON_LONGEST = 500


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class BanService:
    """A ban ends the membership and outlives it; of a guest it covers the address too."""

    turns: Turns
    access: RoomAccess
    departures: Departures
    bans: BanStore
    members: MemberStore
    users: UserStore
    sessions: SessionStore
    now: Now

    async def ban(self, actor: Actor, room_id: RoomId, wanted: BanPerson) -> Ban:
        """In force at once, for members and for accounts that are not in the room; a new ban replaces an older."""
        reason = text.many_lines("reason", wanted.reason, longest=REASON_LONGEST)
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, Permission.BAN_MEMBERS, even_closed=True)
            by = standing.insider()
            if wanted.user_id == by.id:
                raise Forbidden("you cannot do this to yourself")
            if wanted.until is not None and wanted.until <= turn.at:
                raise text.invalid("until", "must lie ahead")
            member = await self.members.find_member(room_id, wanted.user_id)
            if member is not None:
                require_higher_rank(standing.rank, member.role.rank)
            person = await self._person(room_id, wanted.user_id) if member is None else member.person
            address = await self._address_of(member, turn.at)
            ban = Ban(room_id, person, by, reason, turn.at, wanted.until, address)
            await self.bans.put(ban)
            until = None if ban.until is None else to_rfc3339(ban.until)
            turn.record(RoomDeed("member.banned", by, person, {"reason": reason, "until": until}))
            if member is not None:
                await self.departures.remove(turn, member, Removal.BANNED)
            return ban

    async def unban(self, actor: Actor, room_id: RoomId, user_id: UserId) -> None:
        """May come in again. NotFound when there is no ban in force."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, Permission.BAN_MEMBERS, even_closed=True)
            ban = await self.bans.find_ban(room_id, user_id, None, turn.at)
            if ban is None:
                raise NotFound("this person is not banned from this room", code="ban.not_found")
            await self.bans.remove(room_id, user_id)
            turn.record(RoomDeed("member.unbanned", standing.person, ban.person))

    async def list_bans(
        self, actor: Actor, room_id: RoomId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Ban]:
        """Those in force."""
        await self.access.enter(actor, room_id, Permission.BAN_MEMBERS, even_closed=True)
        return await self.bans.list_bans(room_id, self.now(), cursor, limit)

    async def _person(self, room_id: RoomId, user_id: UserId) -> Person:
        """Somebody who is not in the room: was once, or has an account."""
        if former := await self.members.find_former(room_id, user_id):
            return former.person
        user = await self.users.get_user(user_id)
        return Person(user.id, user.username)

    async def _address_of(self, member: Member | None, now: Millis) -> str | None:
        if member is None or member.role is not Role.GUEST:
            return None
        sessions = await self.sessions.list_sessions(member.person.id, now)
        return next((session.address for session in sessions if session.address), None)
