"""Who may come into a room, and what it takes. Used for accounts that join and for guests that enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from synctv_server.domain.errors import Conflict, Forbidden
from synctv_server.domain.ids import RoomId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import NONE, Override, Role
from synctv_server.domain.room_log import RoomDeed
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Now
from synctv_server.security.passwords import PasswordHasher
from synctv_server.services.limits import Limits
from synctv_server.services.turns import Turns
from synctv_server.store.bans import BanStore
from synctv_server.store.members import MemberStore
from synctv_server.store.rooms import RoomStore


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody at the door: role GUEST, or MEMBER for an account. `address` is where the request comes from."""

    person: Person
    role: Role
    address: str

    @property
    def ban_address(self) -> str | None:
        """The address by which a ban finds a guest. An account is found by itself, not by its household."""
        return self.address if self.role is Role.GUEST else None


Along = Callable[[], Awaitable[None]]
"""Something to be kept together with the membership."""


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class Admission:
    """The door of every room."""

    turns: Turns
    rooms: RoomStore
    members: MemberStore
    bans: BanStore
    hasher: PasswordHasher
    limits: Limits
    now: Now

    async def admit(
        self, room_id: RoomId, entrant: Entrant, password: str | None, *, along: Along | None = None
    ) -> Member:
        """The membership, new or the one there is; `along` is awaited in its transaction.

        NotFound; Conflict `room.closed`, `room.full`; Forbidden `room.banned`, `room.no_guests`,
        `room.password_needed`, `room.password_wrong`; RateLimited after too many tries of the password.
        """
        room = await self.rooms.get_room(room_id)
        await self._refuse(room, entrant)
        if await self.members.find_member(room_id, entrant.person.id) is None:
            # Outside of the turn: a hash takes longer than anything that a room does.
            await self._check_password(room, entrant, password)
        async with self.turns.turn(room_id) as turn:
            room = await self.rooms.get_room(room_id)
            await self._refuse(room, entrant)
            member = await self.members.find_member(room_id, entrant.person.id)
            if member is None:
                member = await self._add(room, entrant)
                turn.record(RoomDeed("member.joined", entrant.person))
            if along is not None:
                await along()
            return member

    async def is_full(self, room: Room) -> bool:
        return await self.members.count_members(room.id) >= room.settings.max_members

    async def _refuse(self, room: Room, entrant: Entrant) -> None:
        ban = await self.bans.find_ban(room.id, entrant.person.id, entrant.ban_address, self.now())
        if ban is not None:
            raise Forbidden("you are banned from this room", code="room.banned")
        if room.is_closed:
            raise Conflict("the room is closed", code="room.closed")
        if entrant.role is Role.GUEST and not room.settings.allow_guests:
            raise Forbidden("this room takes no guests; sign in with an account", code="room.no_guests")

    async def _check_password(self, room: Room, entrant: Entrant, password: str | None) -> None:
        if room.password_hash is None:
            return
        if not password:
            raise Forbidden(
                "this room has a password; ask who invited you for it", code="room.password_needed"
            )
        await self.limits.room_password(room.id, entrant.address or entrant.person.id)
        if not await self.hasher.verify(password, room.password_hash):
            raise Forbidden("that is not the room's password", code="room.password_wrong")

    async def _add(self, room: Room, entrant: Entrant) -> Member:
        if await self.is_full(room):
            raise Conflict("the room is full", code="room.full")
        former = await self.members.find_former(room.id, entrant.person.id)
        member = Member(
            room.id,
            entrant.person,
            entrant.role,
            joined_at=self.now(),
            # Nobody sheds a denial or a mute by leaving and coming back.
            own=Override() if former is None else Override(allow=NONE, deny=former.own.deny),
            muted_until=None if former is None else former.muted_until,
        )
        await self.members.add(member)
        return member
