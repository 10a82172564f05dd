"""Tickets: how a browser, which cannot send a header with a WebSocket, proves who it is without a token in a URL.

All that could refuse the socket is asked here, where it can be answered as a problem. Called by the HTTP door for
browsers and by the socket's handshake for all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from synctv_server.cluster.once import Once
from synctv_server.cluster.presence import ConnectionLimits, Presence
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.errors import Forbidden, Unauthenticated
from synctv_server.domain.ids import RoomId, SessionId
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import SECOND, Millis, Now
from synctv_server.security.tokens import hash_secret, new_secret
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.permissions import RoomAccess, Standing
from synctv_server.store.bans import BanStore

TICKET_LIFE: Millis = 30 * SECOND


@dataclass(frozen=True, slots=True)
class Ticket:
    """Good once, for one room, within `expires_in_seconds`."""

    secret: str = field(repr=False)
    expires_in_seconds: int


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class TicketService:
    """A ticket stands for a login session: one that is over makes it worthless."""

    access: RoomAccess
    bans: BanStore
    sessions: SessionService
    once: Once
    presence: Presence
    limits: LimitsSection
    now: Now

    async def require_entry(self, actor: Actor, room_id: RoomId, address: str) -> Standing:
        """The standing with which this person may open a socket now.

        NotFound; Forbidden `room.not_member`, `room.banned`; Conflict `room.closed`, `room.full`; RateLimited
        with too many connections of one person; Unavailable when the server is full.
        """
        standing = await self.access.enter(actor, room_id)
        person = standing.insider()
        ban_address = address if actor.is_guest else None
        if await self.bans.find_ban(room_id, person.id, ban_address, self.now()):
            raise Forbidden("you are banned from this room", code="room.banned")
        counts = await self.presence.counts(room_id, person.id)
        ConnectionLimits.of(self.limits).require_place(counts)
        return standing

    async def issue(self, actor: Actor, room_id: RoomId, address: str) -> Ticket:
        """A ticket for this room; raises as `require_entry`."""
        await self.require_entry(actor, room_id, address)
        if actor.session_id is None:
            raise Forbidden("only somebody who is signed in can open a socket")
        secret = new_secret()
        value = json.dumps([room_id, actor.session_id]).encode()
        await self.once.put(_key(secret), value, TICKET_LIFE)
        return Ticket(secret, TICKET_LIFE // SECOND)

    async def take(self, secret: str, room_id: RoomId) -> Actor:
        """Who the ticket was given to. It is used up by this, also when it is for another room.

        Unauthenticated when it is unknown, used, expired or for another room, or when the session is over;
        Forbidden when the account is banned by now.
        """
        value = await self.once.take(_key(secret))
        if value is None:
            raise _worthless()
        ticket_room, session_id = json.loads(value)
        if ticket_room != room_id:
            raise _worthless()
        return await self.sessions.actor_of(SessionId(session_id))


def _key(secret: str) -> str:
    return "ticket " + hash_secret(secret).hex()


def _worthless() -> Unauthenticated:
    return Unauthenticated("this ticket is not good (any more); ask for a new one", code="ticket.invalid")
