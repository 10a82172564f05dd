"""`/rooms/{room_id}/tickets`: the way into the socket for browsers, which cannot send a header there."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.idempotency import NOT_REPEATED
from synctv_server.api.http.objects.tokens import NOT_STORED
from synctv_server.domain.ids import RoomId


class TicketObject(Struct, frozen=True, kw_only=True):
    """Good for one connection to this room."""

    ticket: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


class TicketsController(Controller):
    path = "/rooms/{room_id:str}/tickets"
    tags = ("realtime",)

    @post("/", operation_id="issueTicket", summary="Get a ticket for the socket", opt=NOT_REPEATED)
    async def issue(self, request: Call, room_id: FromPath[str]) -> Response[TicketObject]:
        """All that could refuse the socket is checked here, and answered as a problem."""
        ticket = await request.parts.tickets.issue(request.actor, RoomId(room_id), request.remote.address)
        body = TicketObject(ticket=ticket.secret, expires_in=ticket.expires_in_seconds)
        return Response(body, headers=NOT_STORED)
