"""Somebody who comes back without being asked: one `RoomClient` after the other, and what all of them were told.

It keeps to the contract's rules for coming back: it resumes where it was, waits as `going_away` asks, stays away after
4500 and up, and where the welcome does not resume it reads the chat from the last message that it knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.client import DEADLINE_SECONDS, Frame, ProtocolError, RoomClient
from tests.support.waiting import eventually

_RETRY_SECONDS = 0.1
_PAGE = 100


class Returning:
    """Use as `async with Returning(url, room_id, token) as ann:`; `client` is None while it is away."""

    def __init__(self, url: str, room_id: str, token: str) -> None:
        self._url = url
        self._room_id = room_id
        self._token = token
        self._place: tuple[int, str] | None = None
        self._living: asyncio.Task[None] | None = None
        self._is_leaving = False
        self.client: RoomClient | None = None
        self.welcomes: list[Frame] = []
        self.closes: list[int | None] = []
        self.away: list[int] = []
        self.errors: list[Frame] = []
        self.told: dict[str, None] = {}
        """The ids of all messages that came as events, as they came."""
        self.known: dict[str, str] = {}
        """The texts of all messages by their ids: told, or read on the return."""

    async def __aenter__(self) -> Self:
        self._living = asyncio.create_task(self._live())
        await self.present()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._living is not None
        self._is_leaving = True
        if self.client is None:
            self._living.cancel()
        else:
            await self.client.socket.close()
        done = (await asyncio.gather(self._living, return_exceptions=True))[0]
        if error is None and isinstance(done, Exception):
            raise done

    async def present(self) -> RoomClient:
        """The connection, as soon as there is one that was welcomed."""
        await eventually(lambda: self.client is not None, within_seconds=DEADLINE_SECONDS)
        assert self.client is not None
        return self.client

    async def insist(self, kind: str, **fields: Any) -> Frame:
        """A command that is sent once more, on a later connection, until it is answered; with a `nonce` it is safe."""
        while True:
            client = await self.present()
            try:
                return await client.command(kind, **fields)
            except (ConnectionClosed, ConnectionError):
                if self.client is client:
                    self.client = None

    async def _live(self) -> None:
        while not self._is_leaving:
            # The server may not be there yet, or be about to stop.
            with suppress(OSError, InvalidHandshake, EOFError, TimeoutError, httpx.HTTPError):
                await self._stay()
            wait_ms = self.away[-1] if self.away and self.closes[-1:] == [4000] else 0
            await asyncio.sleep(wait_ms / 1_000 + _RETRY_SECONDS)

    async def _stay(self) -> None:
        """One connection from its welcome to its end."""
        socket = self._url.replace("http", "ws", 1)
        client = RoomClient(socket, self._room_id, token=self._token, resume=self._place)
        async with client:
            if not client.frames:
                return
            self.welcomes.append(client.welcome)
            if self._place is not None and "resumed_from" not in client.welcome:
                await self._read_the_chat()
            self.client = client
            while client.close_code is None:
                await client.changed()
            self.client = None
        self._harvest(client)

    def _harvest(self, client: RoomClient) -> None:
        self._place = client.place
        self.closes.append(client.close_code)
        for frame in client.frames:
            if frame["type"] == "error":
                self.errors.append(frame)
            elif frame["type"] == "going_away":
                self.away.append(frame["retry_after_ms"])
            elif frame["type"] == "chat.sent":
                message = frame["message"]
                if message["id"] in self.told:
                    raise ProtocolError(f"message {message['id']} was told twice")
                self.told[message["id"]] = None
                self.known[message["id"]] = message["text"]

    async def _read_the_chat(self) -> None:
        """From the newest message back to the last one that is known."""
        last = max(self.known, default="")
        missed: dict[str, str] = {}
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=DEADLINE_SECONDS) as http:
            async for message in messages(http, self._room_id):
                if message["id"] <= last:
                    break
                missed[message["id"]] = message["text"]
        self.known |= missed


async def messages(http: httpx.AsyncClient, room_id: str) -> AsyncIterator[Frame]:
    """All messages of a room, newest first."""
    query: dict[str, Any] = {"limit": _PAGE}
    while True:
        answer = await http.get(f"/api/v1/rooms/{room_id}/messages", params=query)
        answer.raise_for_status()
        page = answer.json()
        for message in page["items"]:
            yield message
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]
