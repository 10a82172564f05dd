"""The real application behind a real listener, in the process of the test: uvicorn, sockets, SQLite, all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from synctv_server.api.ws.protocol import FanOutProtocol
from synctv_server.app import Application, open_application
from synctv_server.domain.sessions import Client
from synctv_server.domain.times import Now
from synctv_server.domain.users import SiteRole
from synctv_server.supervisor.listeners import Listener, bind_tcp, public_listener
from tests.support.client import RoomClient
from tests.support.doors import OPERATOR, installed


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is signed in."""

    id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class LiveServer:
    """`base` is the address without a path; a test may look behind the doors, and change what uvicorn keeps to."""

    base: str
    application: Application
    listener: Listener

    async def account(self, name: str, role: SiteRole = SiteRole.USER) -> Account:
        """A new account and a session of it, without the cost of a password."""
        parts = self.application.parts
        user = await parts.users.create(OPERATOR, name, None, None, role)
        signed_in = await parts.sessions.open(user, Client("127.0.0.1"))
        return Account(user.id, name, signed_in.access_token)

    async def call(
        self, who: Account | None, method: str, path: str, body: object = None, *, status: int | None = None
    ) -> Any:
        """One request below `/api/v1`; its JSON, after its status was checked where one was named."""
        headers = {"Authorization": f"Bearer {who.token}"} if who else {}
        async with httpx.AsyncClient(base_url=self.base, headers=headers) as client:
            answer = await client.request(method, f"/api/v1{path}", json=body, timeout=20)
        if status is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def room(self, owner: Account, *others: Account, **fields: object) -> str:
        """A private room with these people in it, where everyone plays."""
        room = await self.call(owner, "POST", "/rooms", {"name": "Films", "visibility": "private", **fields})
        for other in others:
            await self.call(other, "POST", f"/rooms/{room['id']}/join", {})
        room_id: str = room["id"]
        return room_id

    async def film(self, owner: Account, room_id: str, title: str = "Film") -> str:
        """An item of the room's playlist."""
        body = {"url": f"https://media.example/{title}.mp4", "title": title}
        item = await self.call(owner, "POST", f"/rooms/{room_id}/media", body)
        media_id: str = item["id"]
        return media_id

    def connect(self, room_id: str, who: Account | None = None, **options: Any) -> RoomClient:
        token = who.token if who else None
        return RoomClient(self.base.replace("http", "ws", 1), room_id, token=token, **options)


@asynccontextmanager
async def serving(
    folder: Path, *, clock: Now | None = None, **settings: str | float | bool
) -> AsyncIterator[LiveServer]:
    """A server on a free port; `limits__idle_seconds=60` sets `limits.idle_seconds`."""
    loaded = await installed(folder, kind="sqlite", server__port=0, **settings)
    async with open_application(loaded, clock=clock) as application:
        with bind_tcp("127.0.0.1", 0) as bound:
            listener = public_listener(application.public, FanOutProtocol, requests_seconds=1)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(listener.serve(sockets=[bound]))
                await listener.answering.wait()
                try:
                    yield LiveServer(f"http://127.0.0.1:{bound.getsockname()[1]}", application, listener)
                finally:
                    listener.should_exit = True
