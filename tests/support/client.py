"""A client of the room's socket, written from the contract alone: it imports nothing of the server.

It holds every rule that a client can check while it runs: welcome first, numbers without gaps, one answer for each
command, only higher versions applied, chat ordered by id. A rule that is broken raises `ProtocolError`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

DEADLINE_SECONDS = 10.0

Frame = dict[str, Any]


class ProtocolError(AssertionError):
    """The server broke the contract."""


class RoomClient:
    """One connection. Use as `async with RoomClient(base, room_id, token=…) as ann:`."""

    def __init__(
        self,
        base: str,
        room_id: str,
        *,
        token: str | None = None,
        ticket: str | None = None,
        resume: tuple[object, str] | None = None,
        read: bool = True,
    ) -> None:
        query = {"ticket": ticket, "resume": resume and resume[0], "epoch": resume and resume[1]}
        wanted = urlencode({name: value for name, value in query.items() if value is not None})
        self._url = f"{base}/api/v1/rooms/{room_id}/ws" + (f"?{wanted}" if wanted else "")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._reads = read
        self._reading: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._changed = asyncio.Condition()
        self.frames: list[Frame] = []
        self.chat: dict[str, Frame] = {}
        self.playback: Frame = {}
        self.room: Frame = {}
        self.present: dict[str, Frame] = {}
        self.seq = 0
        self.close_code: int | None = None
        self.broken: ProtocolError | None = None

    async def __aenter__(self) -> Self:
        self.socket: ClientConnection = await connect(
            self._url,
            additional_headers=self._headers,
            subprotocols=["synctv.v1"],  # type: ignore[list-item]
            compression=None,
            max_size=None,
            proxy=None,
        )
        if self.socket.subprotocol != "synctv.v1":
            raise ProtocolError(f"the server chose the subprotocol {self.socket.subprotocol!r}")
        if self._reads:
            self.start_reading()
            await self.until(lambda: bool(self.frames) or self.close_code is not None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        if self._reading is not None:
            await self._reading
        if self.broken is not None:
            raise self.broken

    def start_reading(self) -> None:
        """For a client that was opened with `read=False`: until now the server could only fill its buffers."""
        self._reading = asyncio.create_task(self._read())

    @property
    def welcome(self) -> Frame:
        return self.frames[0]

    @property
    def place(self) -> tuple[int, str]:
        """What to resume from."""
        return self.seq, self.welcome["epoch"]

    def events(self, kind: str | None = None) -> list[Frame]:
        """The numbered events so far, of one type or all."""
        return [f for f in self.frames[1:] if "seq" in f and f["type"] != "ack" and kind in (None, f["type"])]

    async def send(self, frame: Frame | str | bytes) -> None:
        await self.socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def command(self, kind: str, **fields: Any) -> Frame:
        """Send a command and give its one answer, `ack` or `error`; ConnectionError where the line ends before it."""
        command_id = fields.pop("id", None) or f"c{next(self._ids)}"
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[command_id] = answer
        await self.send({"type": kind, "id": command_id, **fields})
        # Not `wait_for`: on Python 3.11 it may swallow a cancellation that comes together with the answer.
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await answer

    async def ok(self, kind: str, **fields: Any) -> Frame:
        """A command that has to succeed; its event has arrived too, when it had one."""
        answer = await self.command(kind, **fields)
        if answer["type"] != "ack":
            raise ProtocolError(f"{kind} was refused: {answer}")
        if "seq" in answer:
            await self.until(lambda: self.seq >= answer["seq"])
        return answer

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something to become true of what has arrived."""
        async with asyncio.timeout(DEADLINE_SECONDS), self._changed:
            await self._changed.wait_for(is_so)
        if self.broken is not None:
            raise self.broken

    async def event(self, kind: str, matches: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """The first frame of this type that matches, arrived or to come."""
        found: list[Frame] = []

        def look() -> bool:
            found[:] = [f for f in self.frames if f["type"] == kind and matches(f)]
            return bool(found)

        await self.until(look)
        return found[0]

    async def changed(self) -> None:
        """Wait, for as long as it takes, for the next frame or the end."""
        async with self._changed:
            if self.close_code is None:
                await self._changed.wait()

    async def closed(self) -> int:
        """The code with which the server closes."""
        await self.until(lambda: self.close_code is not None)
        assert self.close_code is not None
        return self.close_code

    async def _read(self) -> None:
        try:
            async for data in self.socket:
                await self._take(data)
        except ConnectionClosed:
            pass
        except ProtocolError as error:
            self.broken = error
        finally:
            async with self._changed:
                self.close_code = self.socket.close_code
                self._give_up_waiting()
                self._changed.notify_all()

    async def _take(self, data: str | bytes) -> None:
        if not isinstance(data, str):
            raise ProtocolError("the server sent a binary frame")
        frame: Frame = json.loads(data)
        async with self._changed:
            self._check_order(frame)
            self.frames.append(frame)
            self._apply(frame)
            if frame["type"] in ("ack", "error") and frame["id"] is not None:
                self._settle(frame)
            self._changed.notify_all()

    def _check_order(self, frame: Frame) -> None:
        kind = frame["type"]
        if (kind == "welcome") != (not self.frames):
            raise ProtocolError(f"{kind} came as frame {len(self.frames) + 1}")
        if kind == "welcome":
            head: int = frame["seq"]
            self.seq = frame.get("resumed_from", head)
        elif "seq" in frame and kind != "ack":
            if frame["seq"] != self.seq + 1:
                raise ProtocolError(f"event {frame['seq']} came after event {self.seq}")
            self.seq = frame["seq"]

    def _apply(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                self.playback, self.room = frame["playback"], frame["room"]
                self.present = {member["user"]["id"]: member for member in frame["members"]}
            case "playback.changed":
                self.playback = max(self.playback, frame["playback"], key=lambda state: state["revision"])
            case "room.changed" | "room.closed":
                self.room = max(self.room, frame["room"], key=lambda room: room["version"])
            case "chat.sent":
                self.chat[frame["message"]["id"]] = frame["message"]
            case "chat.deleted":
                self.chat.pop(frame["message_id"], None)
            case "member.joined":
                self.present.update((member["user"]["id"], member) for member in frame["members"])
            case "member.left":
                for user_id in frame["user_ids"]:
                    self.present.pop(user_id, None)

    def _give_up_waiting(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the connection ended before the answer"))
                answer.exception()  # nobody has to look at it

    def _settle(self, frame: Frame) -> None:
        answer = self._answers.get(frame["id"])
        if answer is None or answer.cancelled():
            return
        if answer.done():
            raise ProtocolError(f"command {frame['id']} was answered twice")
        answer.set_result(frame)

    def said(self) -> list[str]:
        """The texts of the chat, in the order of the messages' ids."""
        return [self.chat[message_id]["text"] for message_id in sorted(self.chat)]
