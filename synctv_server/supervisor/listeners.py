"""The two doors of the process: TCP for everybody, the control socket for the operator. Run by `serving`."""

from __future__ import annotations

import asyncio
import errno
import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from synctv_server.domain.errors import ConfigurationInvalid, Conflict, Forbidden, SyncTVError
from synctv_server.realtime.welcome import FRAME_BYTES_MOST, HEARTBEAT_SECONDS, PING_DEADLINE_SECONDS
from synctv_server.supervisor.control_socket import peer_of, with_peer

_KEEP_ALIVE_SECONDS = (
    75  # longer than nginx keeps an idle connection to us, so that it never meets a closed one
)
_BACKLOG = 2048
_REQUEST_SECONDS = 20.0
_CONTROL_SECONDS = 5
_CUT_SECONDS = 2
"""For a request whose connection was cut to notice it."""


class Listener(uvicorn.Server):
    """A server of uvicorn that leaves the process's signals to the supervisor. `answering` is set once it accepts.

    When it stops, requests that are under way have `requests_seconds`; then their connections are cut, which ends
    them as a visitor who goes away does. uvicorn by itself would cancel them, and log a stack trace for each.
    """

    def __init__(self, config: uvicorn.Config, requests_seconds: float) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()
        self._requests_seconds = requests_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.answering.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        cutting = loop.call_later(self._requests_seconds, self._cut)
        try:
            await super().shutdown(sockets=sockets)
        finally:
            cutting.cancel()

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            transport: asyncio.Transport = connection.transport
            transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class PublicProtocol(H11Protocol):
    """HTTP from strangers: a request that has begun has to go on. uvicorn waits for the rest of one for ever.

    The head has `_REQUEST_SECONDS` in all, each piece of a body the same.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        state = self.conn.their_state
        if state is h11.IDLE and self._deadline is not None:
            return
        self._clear_deadline()
        is_socket_now = self.transport.get_protocol() is not self
        if state in (h11.IDLE, h11.SEND_BODY) and not is_socket_now:
            self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear_deadline()
        super().connection_lost(exc)

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(_REQUEST_SECONDS, self.transport.abort)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class ControlProtocol(H11Protocol):
    """HTTP over the control socket: every request carries who is at the other end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        connection: socket.socket = transport.get_extra_info("socket")
        self.app = with_peer(self.app, peer_of(connection))


def public_listener(
    app: Any, websocket_protocol: type[asyncio.Protocol], requests_seconds: float
) -> Listener:
    """Serves `app` over TCP, with WebSockets as the contract has them (§4: sizes and pings)."""
    return Listener(
        uvicorn.Config(
            app,
            http=PublicProtocol,
            ws=websocket_protocol,
            ws_max_size=FRAME_BYTES_MOST,
            ws_ping_interval=HEARTBEAT_SECONDS,
            ws_ping_timeout=PING_DEADLINE_SECONDS,
            ws_per_message_deflate=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=math.ceil(requests_seconds) + _CUT_SECONDS,
            backlog=_BACKLOG,
            **_QUIET,
        ),
        requests_seconds,
    )


def control_listener(app: Any) -> Listener:
    """Serves `app` to the operator."""
    return Listener(
        uvicorn.Config(
            app,
            http=ControlProtocol,
            ws="none",
            timeout_graceful_shutdown=_CONTROL_SECONDS + _CUT_SECONDS,
            **_QUIET,
        ),
        _CONTROL_SECONDS,
    )


def bind_tcp(host: str, port: int) -> socket.socket:
    """A socket on `host` and `port` (0: any free one), not yet listening.

    Raises Conflict when the port is in use, Forbidden when it is not ours to take, ConfigurationInvalid when this
    machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(host, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        # Two sockets may share a port until one listens (SO_REUSEADDR); only now is it known to be ours.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from error
    return listener


# The application does its own logging, headers and reading of proxies.
_QUIET: dict[str, Any] = {
    "lifespan": "off",
    "log_config": None,
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
}


def _refused(host: str, port: int, error: OSError) -> SyncTVError:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"port {port} on {host} is in use by another program",
            code="conflict.port_in_use",
            hint=f"Stop that program, or choose another port: `synctv serve --port {port + 1}`, or server.port.",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return Forbidden(
            f"this user may not listen on port {port}",
            code="forbidden.port",
            hint="Choose a port above 1023, and let a proxy answer on 80 and 443.",
        )
    return _unusable(host, error)


def _unusable(host: str, error: OSError) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"server.host: cannot listen on {host}: {(error.strerror or 'error').lower()}",
        hint="Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all of its addresses.",
    )
