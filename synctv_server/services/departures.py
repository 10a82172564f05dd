"""How people stop being in a room: what leaving, kick, ban and the end of guests have in common."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.cluster.notices import MemberRemoved, Removal, SessionEnded
from synctv_server.domain.ids import RoomId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Role
from synctv_server.services.turns import Turn
from synctv_server.store.members import MemberStore
from synctv_server.store.sessions import SessionStore

_PAGE = 100


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class Departures:
    """Works inside the room's turn. What a person has added stays."""

    members: MemberStore
    sessions: SessionStore

    async def remove(self, turn: Turn, member: Member, why: Removal) -> None:
        """End the membership and, of a guest, the sign-in: it is good for this room alone. Sockets close."""
        user_id = member.person.id
        await self.members.remove(turn.room_id, user_id, turn.at)
        turn.notify(MemberRemoved(turn.room_id, user_id, why))
        if member.role is Role.GUEST:
            ended = await self.sessions.end_all(user_id, turn.at)
            turn.notify(SessionEnded(tuple(ended)))

    async def remove_guests(self, turn: Turn) -> None:
        """All guests of the room, when it has stopped to welcome any."""
        for guest in await self._guests(turn.room_id):
            await self.remove(turn, guest, Removal.KICKED)

    async def _guests(self, room_id: RoomId) -> list[Member]:
        guests: list[Member] = []
        cursor: str | None = None
        while True:
            page = await self.members.list_members(room_id, cursor, _PAGE)
            guests += [member for member in page.items if member.role is Role.GUEST]
            if (cursor := page.next_cursor) is None:
                return guests
