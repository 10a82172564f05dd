"""The admin client: one request to the operator's routes, of the running server or of one opened for it here.

A running server answers on its control socket. Where none runs, the same application is opened in this process on
the same database, under `synctv.lock`. Called by `user`, `room`, `keys` and `status`.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from synctv_cli.context import Invocation
from synctv_server.domain.errors import (
    KINDS,
    ConfigurationInvalid,
    FieldError,
    Forbidden,
    PreconditionFailed,
    SyncTVError,
    Unavailable,
)
from synctv_server.supervisor.control_socket import control_socket_path, with_peer
from synctv_server.supervisor.lock import WAIT_SECONDS, InstallationLock

if TYPE_CHECKING:
    from synctv_server.config.sources import LoadedSettings

BASE = "/api/v1/admin"
_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.05
_KINDS: dict[int, type[SyncTVError]] = {
    **{kind.http_status: kind for kind in KINDS},
    PreconditionFailed.http_status: PreconditionFailed,
}

Document = dict[str, Any]
T = TypeVar("T")


def request(
    invocation: Invocation,
    method: str,
    path: str,
    *,
    body: Mapping[str, object] | None = None,
    query: Mapping[str, str | int | None] | None = None,
) -> Document:
    """The answer of one operator's route, like `GET /users`. Raises the error that the server tells."""

    async def once(server: Server) -> Document:
        return await server.ask(method, path, body=body, query=query)

    return converse(invocation, once)


def converse(invocation: Invocation, talk: Callable[[Server], Awaitable[T]]) -> T:
    """What `talk` gives, which may ask the same server many times. Raises the errors that the server tells."""

    async def talked() -> T:
        async with (
            _transport(invocation) as transport,
            httpx.AsyncClient(transport=transport) as client,
        ):
            return await talk(Server(client))

    return asyncio.run(talked())


class Server:
    """The operator's routes, for the length of one command."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str | int | None] | None = None,
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> Document:
        """The answer of one route, like `GET /users`. Raises the error that the server tells."""
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        call = self._client.build_request(
            method, f"http://synctv{BASE}{path}", json=body, params=parameters, timeout=timeout_seconds
        )
        try:
            response = await self._client.send(call)
        except httpx.TransportError as error:
            raise Unavailable(f"the server did not answer: {str(error) or type(error).__name__}") from error
        if not response.is_success:
            raise _told(response)
        document: Document = response.json()
        return document


def is_answering(path: Path) -> bool:
    """Whether a server listens on the control socket. Raises Forbidden where it is somebody else's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        outcome = probe.connect_ex(str(path))
    if outcome in {errno.EACCES, errno.EPERM}:
        raise Forbidden(
            f"the control socket {path} belongs to another user",
            hint="Run the command as the user who runs the server.",
        )
    return outcome == 0


@asynccontextmanager
async def _transport(invocation: Invocation) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """The way to the running server, else to an application opened here, alone on the installation."""
    loaded = invocation.load_installed()
    path = control_socket_path(loaded.settings.server.control_socket, invocation.environ)
    lock = InstallationLock(loaded.data_dir)
    if not await _take_unless_answered(lock, path, invocation.command):
        yield httpx.AsyncHTTPTransport(uds=str(path))
        return
    try:
        async with _opened_here(loaded) as transport:
            yield transport
    finally:
        lock.release()


async def _take_unless_answered(lock: InstallationLock, path: Path, command: str) -> bool:
    """Whether the lock was taken; False once a server answers. A server that is starting is waited for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_answering(path):
        if lock.take_now(command):
            return True
        if time.monotonic() >= deadline:
            raise lock.refusal()
        await asyncio.sleep(_POLL_SECONDS)
    return False


@asynccontextmanager
async def _opened_here(loaded: LoadedSettings) -> AsyncIterator[httpx.AsyncBaseTransport]:
    from synctv_server.supervisor.opening import open_alone

    async with open_alone(loaded) as application:
        yield httpx.ASGITransport(with_peer(application.control, {"uid": os.getuid(), "pid": os.getpid()}))


def _told(response: httpx.Response) -> SyncTVError:
    """The problem document (RFC 9457) as the error that it was on the other side."""
    try:
        problem: Document = response.json()
        detail = problem["detail"]
    except (ValueError, KeyError):
        return Unavailable(f"the control socket answered {response.status_code} and no problem document")
    kind = _KINDS.get(response.status_code, SyncTVError)
    if problem.get("code") == ConfigurationInvalid.kind:
        kind = ConfigurationInvalid
    hint = problem.get("hint")
    if kind is SyncTVError:
        hint = f"Its log has it under request id {problem.get('request_id')}."
    return kind(
        detail,
        code=problem.get("code"),
        hint=hint,
        errors=[FieldError(each["field"], each["message"]) for each in problem.get("errors", ())],
        retry_after_seconds=problem.get("retry_after"),
    )
