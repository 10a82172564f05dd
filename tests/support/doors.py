"""The real application without a listener: both doors over ASGI, on a data directory of the test's own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from synctv_server.app import Application, open_application
from synctv_server.config.places import config_path
from synctv_server.config.sources import LoadedSettings, load
from synctv_server.domain.sessions import Actor, ActorKind, Client
from synctv_server.domain.times import Now
from synctv_server.domain.users import SiteRole
from synctv_server.supervisor.control_socket import with_peer
from synctv_server.supervisor.installation import ensure_keys, lay_out
from tests.support import databases

HOST = "tv.test"
OPERATOR = Actor(ActorKind.OPERATOR, "operator", uid=0)


async def installed(folder: Path, *, kind: str = "sqlite", **settings: str | float | bool) -> LoadedSettings:
    """A whole installation; `limits__enabled=False` sets `limits.enabled`."""
    flags = {name.replace("__", "."): value for name, value in settings.items()}
    # An elliptic key is made in a moment, an RSA key is not; tests/unit/security has both.
    flags |= {"auth.signing_algorithm": "ES256"}
    data_dir = folder / "data"
    lay_out(data_dir, config_path(None, data_dir, {}))
    flags["database.url"] = await databases.migrated(kind, data_dir)
    await ensure_keys(load(data_dir=data_dir, flags=flags, environ={}))
    return load(data_dir=data_dir, flags=flags, environ={})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the HTTP door, with the token and cookies of that one alone."""

    id: str
    name: str
    http: httpx.AsyncClient

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """One request below `/api/v1`; `if_match="…"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, f"/api/v1{path}", json=body, headers=named)

    async def ok(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The JSON of a request that has to succeed."""
        answer = await self.call(method, path, body, **headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


class House:
    """The open application, and ways to get people to its doors."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._clients: list[httpx.AsyncClient] = []

    def client(
        self, *, address: str = "192.0.2.1", scheme: str = "http", **headers: str
    ) -> httpx.AsyncClient:
        """Somebody who is not signed in; `scheme` and `address` are what the listener sees."""
        transport = httpx.ASGITransport(self.application.public, client=(address, 50_000))
        made = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{HOST}", headers=headers)
        self._clients.append(made)
        return made

    def stranger(self) -> Visitor:
        return Visitor("", "stranger", self.client())

    def operator(self) -> Visitor:
        """Whoever opens the control socket."""
        door = with_peer(self.application.control, {"uid": os.getuid(), "pid": os.getpid()})
        made = httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://control")
        self._clients.append(made)
        return Visitor("", "operator", made)

    async def person(self, name: str, role: SiteRole = SiteRole.USER, password: str | None = None) -> Visitor:
        """A new account, signed in without the cost of a password."""
        parts = self.application.parts
        user = await parts.users.create(OPERATOR, name, password, None, role)
        signed_in = await parts.sessions.open(user, Client("192.0.2.1"))
        return Visitor(user.id, name, self.client(Authorization=f"Bearer {signed_in.access_token}"))

    async def guest(self, room_id: str, name: str) -> Visitor:
        """A guest who has come by the room's link."""
        client = self.client()
        answer = await client.post("/api/v1/auth/guest", json={"room_id": room_id, "display_name": name})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return Visitor(answer.json()["user"]["id"], name, client)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def opened(
    folder: Path, *, kind: str = "sqlite", clock: Now | None = None, **settings: str | float | bool
) -> AsyncIterator[House]:
    """The application on a new installation in `folder`."""
    loaded = await installed(folder, kind=kind, **settings)
    async with _open(loaded, clock) as house:
        yield house


@asynccontextmanager
async def reopened(folder: Path, clock: Now | None = None) -> AsyncIterator[House]:
    """The application once more on the SQLite installation that `opened` left in `folder`."""
    async with _open(load(data_dir=folder / "data", environ={}), clock) as house:
        yield house


@asynccontextmanager
async def _open(loaded: LoadedSettings, clock: Now | None) -> AsyncIterator[House]:
    async with open_application(loaded, clock=clock) as application:
        house = House(application)
        try:
            yield house
        finally:
            await house.close()


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, once it is all that the contract asks of one."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert {"type", "title", "detail"} <= problem.keys()
    return problem
