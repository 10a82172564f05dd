"""An evening on a server that is stopped, killed and started again on the same port: one room, several people."""

from __future__ import annotations

import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.returning import Returning
from tests.support.server import Server, start_server

PASSWORD = "violet harbour clock"
_UNLIMITED = {"SYNCTV__LIMITS__ENABLED": "false", "SYNCTV__OBSERVABILITY__LOG_LEVEL": "warning"}


class Evening:
    """`tokens` has ann's, who may do everything, and then those of the guests."""

    server: Server

    def __init__(self, data: Path, environ: dict[str, str], through: Sequence[str] = ()) -> None:
        self.data = data
        self._through = through
        self.log = data.with_name(f"{data.name}.log")
        self._environ = {**_UNLIMITED, **environ}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.room = ""
        self.film = ""
        self.tokens: list[str] = []

    async def start(self) -> None:
        self.server = await start_server(
            self.data,
            "--port",
            str(self.port),
            environ=self._environ,
            log=self.log,
            through=self._through,
        )

    async def kill(self) -> None:
        self.server.process.kill()
        await self.server.process.wait()

    def http(self, who: int | None = 0) -> httpx.AsyncClient:
        """A client of this person's; None is nobody."""
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)

    async def call(self, method: str, path: str, body: object = None, *, who: int | None = 0) -> Any:
        """One request below `/api/v1` that has to succeed."""
        async with self.http(who) as http:
            answer = await http.request(method, f"/api/v1{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def person(self, who: int) -> Returning:
        """Somebody who keeps coming back to the room."""
        return Returning(self.url, self.room, self.tokens[who])

    async def invite(self, guests: int) -> None:
        """Ann with her room and a film in it, and guests who may enter."""
        setup = {"token": self.server.setup_url.partition("#")[2], "username": "ann", "password": PASSWORD}
        self.tokens.append((await self.call("POST", "/setup", setup, who=None))["access_token"])
        room = await self.call("POST", "/rooms", {"name": "Film night", "visibility": "private"})
        self.room = room["id"]
        item = {"url": "https://media.example/film.mp4", "title": "Film"}
        self.film = (await self.call("POST", f"/rooms/{self.room}/media", item))["id"]
        for n in range(guests):
            body = {"room_id": self.room, "display_name": f"Guest {n}"}
            self.tokens.append((await self.call("POST", "/auth/guest", body, who=None))["access_token"])


@asynccontextmanager
async def evening(
    folder: Path, *, guests: int = 0, through: Sequence[str] = (), **environ: str
) -> AsyncIterator[Evening]:
    """An evening that has begun; `limits__chat_per_second="3"` sets `limits.chat_per_second`."""
    named = {f"SYNCTV__{name.upper()}": value for name, value in environ.items()}
    begun = Evening(folder / "data", named, through)
    await begun.start()
    try:
        await begun.invite(guests)
        yield begun
    finally:
        if begun.server.process.returncode is None:
            await begun.server.stop(with_signal=signal.SIGTERM)
