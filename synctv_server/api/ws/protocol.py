"""uvicorn's sans-I/O WebSocket class with a straight way to the transport. Handed to uvicorn by `supervisor`.

Accept, ping, pong, receive and the parsing of frames stay uvicorn's. What is added: a `DirectSocket` in the scope, a
close that does not wait for a slow client, small kernel buffers, and less memory for each idle connection
(docs/decisions/0007-fan-out.md). It leans on private methods of uvicorn: `tests/api` holds it to them.
"""

from __future__ import annotations

import math
import socket
from asyncio.transports import BaseTransport
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from synctv_server.api.ws.direct import EXTENSION, DirectSocket
from synctv_server.api.ws.trims import Gate, Inbox
from synctv_server.realtime.closing import CloseCode

SEND_BUFFER_BYTES = 64 * 1_024
"""The kernel's buffer of one connection: what a stalled viewer costs, and how stale it can be."""

_CLOSE_GRACE_SECONDS = 2.0
_PINGS_EVERY_SECONDS = 0.1


class FanOutProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._direct: DirectSocket | None = None
        self._late_pong: bytes | None = None
        # An asyncio.Queue and an Event for each connection are 4 KiB that idle ones never use.
        self.queue = Inbox()  # type: ignore[assignment]
        self.writable = Gate()  # type: ignore[assignment]

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        # The kernel being full is the sign of a slow viewer: from there on the room's ring is its buffer.
        self.transport.set_write_buffer_limits(high=0)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):  # absent when uvicorn refused the handshake
            self._direct = DirectSocket(self.transport, self.end, self._ping_seconds)
            extensions: dict[str, Any] = cast("dict[str, Any]", self.scope["extensions"])
            extensions[EXTENSION] = self._direct

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            # uvicorn logs the path with its query, and a ticket is in it. The handler has read it.
            self.scope["query_string"] = b""
            await super().send(message)
            self._forget_handshake()
            return
        if message["type"] == "websocket.http.response.start":
            self.scope["query_string"] = b""
        elif message["type"] == "websocket.close":
            self._stop_direct()
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # uvicorn takes an answered handshake for one without an answer, and logs each refusal as an error.
            self.handshake_complete = True

    def end(self, code: int, reason: str) -> None:
        """Send a close frame behind what was written, and hang up after a short grace, taken or not."""
        self._stop_direct()
        if self.close_sent or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_CLOSE_GRACE_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._direct is not None and self._direct.listener is not None:
            self._direct.listener.paused()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._late_pong is not None:
            self.transport.write(self._late_pong)
            self._late_pong = None
        if self._direct is not None and self._direct.listener is not None:
            self._direct.listener.resumed()

    def schedule_ping(self) -> None:
        """As uvicorn's, and in step with others: one turn of the loop pings all whose moment has come."""
        due = self.loop.time() + max(0.0, (self.ping_interval or 0.0) - self.last_ping_rtt)
        due = math.ceil(due / _PINGS_EVERY_SECONDS) * _PINGS_EVERY_SECONDS
        self.ping_timer = self.loop.call_at(due, self.send_keepalive_ping)

    def keepalive_timeout(self) -> None:
        self.end(CloseCode.PING_MISSED, CloseCode.PING_MISSED.reason)

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)
        else:
            # Of many pings the last may be answered alone (RFC 6455 §5.5.3): who reads no pongs cannot pile them up.
            self._late_pong = pong

    def handle_cont(self, event: Frame) -> None:
        if event.data or event.fin:  # empty ones count towards no limit, and are nothing to keep
            super().handle_cont(event)

    def handle_close(self, event: Frame) -> None:
        self._stop_direct()
        super().handle_close(event)
        self._hang_up_in_time()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            # uvicorn answers the same, and writes a stack trace into the log for each such client.
            self.conn.send_close(CloseCode.BAD_TEXT)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        self._stop_direct()
        super().handle_parser_exception()
        self._hang_up_in_time()

    def shutdown(self) -> None:
        self._stop_direct()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_direct()
        super().connection_lost(exc)
        # A generator that waits for the next frame, and holds the connection that holds it.
        self.conn.parser.close()

    def _forget_handshake(self) -> None:
        """Of no use once it is over, and held three times for as long as the connection lives.

        The parser's frame holds the request as well: a new one reads frames alone. Nothing is lost with the old one, as
        a client sends nothing before it is accepted (RFC 6455 §4.1).
        """
        del self.request, self.response
        self.scope["headers"] = []
        self.conn.parser = self.conn.parse()
        next(self.conn.parser)

    def _hang_up_in_time(self) -> None:
        """A transport that closes waits until its peer has read everything, which some never do."""
        if self.close_timer is None and not self.disconnected:
            self.close_timer = self.loop.call_later(_CLOSE_GRACE_SECONDS, self.transport.abort)

    def _stop_direct(self) -> None:
        direct, self._direct = self._direct, None
        if direct is not None:
            direct.stop()

    def _ping_seconds(self) -> float:
        return self.last_ping_rtt


def _is_text(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True
