"""Who is connected where, over all servers: the limits on connections rest on it.

`realtime` enters and leaves; the ticket service asks beforehand, so that a browser learns why it may not come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.errors import Conflict, RateLimited, Unavailable
from synctv_server.domain.ids import ConnectionId, RoomId, UserId


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """Open connections: of one person everywhere, in one room, of all."""

    user: int
    room: int
    total: int


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The most of each."""

    per_user: int
    per_room: int
    total: int

    @classmethod
    def of(cls, section: LimitsSection) -> ConnectionLimits:
        """What the settings say at this moment."""
        return cls(section.connections_per_user, section.connections_per_room, section.connections_total)

    def require_place(self, counts: ConnectionCounts) -> None:
        """Raise what tells this person why one more connection is refused, where it is."""
        if counts.total >= self.total:
            raise Unavailable("the server holds as many connections as it may", retry_after_seconds=30)
        if counts.room >= self.per_room:
            raise Conflict("the room holds as many connections as it may", code="room.full")
        if counts.user >= self.per_user:
            raise RateLimited(
                f"you have {counts.user} connections already; close one of them",
                code="connections.too_many",
                retry_after_seconds=10,
            )


class Presence(Protocol):
    """Counts connections; a person counts once in `present`, over however many devices."""

    async def enter(
        self, room_id: RoomId, user_id: UserId, connection_id: ConnectionId, limits: ConnectionLimits
    ) -> None:
        """Count this connection; raises as `ConnectionLimits.require_place`. Check and count are one step."""

    async def leave(self, connection_id: ConnectionId) -> None:
        """Count it no more. Unknown connections are no fault."""

    async def counts(self, room_id: RoomId, user_id: UserId) -> ConnectionCounts:
        """How many there are now."""

    async def present(self, room_id: RoomId) -> frozenset[UserId]:
        """The people with a connection to this room."""
