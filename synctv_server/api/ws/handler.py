"""`GET /api/v1/rooms/{id}/ws`: who may come in, and then every frame to the session.

A plain ASGI application beside Litestar's: for a connection that lives for hours, routing and middleware around it
would be memory alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs

from synctv_server.api.asgi import Receive, Scope, Send
from synctv_server.api.problems import answer_of, error_of
from synctv_server.api.remote import REMOTE
from synctv_server.api.ws.direct import EXTENSION, DirectSocket
from synctv_server.api.ws.pump import PumpedSocket
from synctv_server.domain.errors import NotFound, Unauthenticated
from synctv_server.domain.ids import RoomId
from synctv_server.domain.sessions import Actor
from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.hub import Hub
from synctv_server.realtime.outbox import Socket
from synctv_server.realtime.session import Session
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.tickets import TicketService

_PATH = re.compile(r"/api/v1/rooms/(?P<room_id>[^/]+)/ws/?")
SUBPROTOCOL = "synctv.v1"
_NUMBER = re.compile(r"[0-9]{1,18}")
_BEARER = "bearer "
_CLOSE_CODES = {
    401: CloseCode.SIGNED_OUT,
    403: CloseCode.NO_PERMISSION,
    404: CloseCode.ROOM_CLOSED,
    409: CloseCode.ROOM_CLOSED,
    429: CloseCode.TOO_MANY_CONNECTIONS,
}
"""For servers that cannot answer a handshake with a status of ours."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client asks with. `resume` and `epoch` say where its last connection to the room ended."""

    room_id: RoomId
    bearer: str | None
    ticket: str | None
    resume: int | None
    epoch: str | None
    address: str
    subprotocol: str | None


class SocketDoor:
    """Authenticates, enters the room, and passes frames until one side ends it."""

    def __init__(self, *, hub: Hub, sessions: SessionService, tickets: TicketService) -> None:
        self._hub = hub
        self._sessions = sessions
        self._tickets = tickets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            handshake = read_handshake(scope)
            actor = await self._actor(handshake)
            session = await self._hub.enter(actor, handshake.room_id, handshake.address)
        except Exception as exception:
            await _refuse(scope, send, exception)
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": handshake.subprotocol, "headers": []})
            async with _way_out(scope, send) as socket:
                session.open(socket, resume=handshake.resume, epoch=handshake.epoch)
                del handshake
                await _pass_frames(session, receive)
        finally:
            await self._hub.leave(session)

    async def _actor(self, handshake: Handshake) -> Actor:
        if handshake.bearer is not None:
            return await self._sessions.authenticate(handshake.bearer)
        if handshake.ticket is not None:
            return await self._tickets.take(handshake.ticket, handshake.room_id)
        raise Unauthenticated(
            "send `Authorization: Bearer <access token>`, or `?ticket=` with a ticket of this room"
        )


def read_handshake(scope: Scope) -> Handshake:
    """The client's wishes; NotFound for a path without a socket.

    A `resume` that is no number is one that is not held: the welcome says so, and nothing is lost in silence.
    """
    path = _PATH.fullmatch(scope["path"])
    if path is None:
        raise NotFound("there is no socket at this address")
    query = parse_qs(scope["query_string"].decode("latin-1"))
    bearer = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            text = value.decode("latin-1")
            bearer = text[len(_BEARER) :].strip() if text[: len(_BEARER)].lower() == _BEARER else ""
    resume = _last(query, "resume") or ""
    return Handshake(
        room_id=RoomId(path["room_id"]),
        bearer=bearer,
        ticket=_last(query, "ticket"),
        resume=int(resume) if _NUMBER.fullmatch(resume) else None,
        epoch=_last(query, "epoch"),
        address=scope[REMOTE].address,
        subprotocol=SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None,
    )


async def _pass_frames(session: Session, receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            session.receive_binary()
        else:
            session.receive(text)


@asynccontextmanager
async def _way_out(scope: Scope, send: Send) -> AsyncIterator[Socket]:
    """The straight way where the server offers it, else a pump over `send`."""
    direct: DirectSocket | None = (scope.get("extensions") or {}).get(EXTENSION)
    if direct is not None:
        yield direct
        return
    pumped = PumpedSocket(send)
    pumping = asyncio.create_task(pumped.run())
    try:
        yield pumped
    finally:
        pumped.stop()
        pumping.cancel()
        await asyncio.gather(pumping, return_exceptions=True)


async def _refuse(scope: Scope, send: Send, exception: Exception) -> None:
    """Answer the handshake with an HTTP status and a problem; where the server cannot, close before accepting."""
    status, body, headers = answer_of(error_of(exception))
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send(
            {"type": "websocket.close", "code": _CLOSE_CODES.get(status, CloseCode.GOING_AWAY), "reason": ""}
        )
        return
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "websocket.http.response.start", "status": status, "headers": raw})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


def _last(query: dict[str, list[str]], name: str) -> str | None:
    found = query.get(name)
    return found[-1] if found else None
