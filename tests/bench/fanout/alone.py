"""A room without services and store: sockets, log, delivery. What remains when a line costs nothing but its telling."""

from __future__ import annotations

import asyncio
import gc
import itertools
import socket
from collections.abc import Coroutine
from typing import Any

import uvicorn
import uvloop

from synctv_server.api.ws.direct import EXTENSION
from synctv_server.api.ws.protocol import FanOutProtocol
from synctv_server.cluster.memory.room_log import MemoryRoomLog
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.chat import Message
from synctv_server.domain.events import Change, ChatSent, RoomEvent
from synctv_server.domain.ids import ConnectionId, MessageId, RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Role
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room, Visibility
from synctv_server.domain.sessions import Actor, ActorKind, Person
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.clock import ServerClock
from synctv_server.realtime.dropped import Dropped
from synctv_server.realtime.room import LiveRoom
from synctv_server.realtime.session import Session
from synctv_server.realtime.surroundings import Surroundings
from synctv_server.realtime.wire import Ack, ChatSendFrame, CommandFrame, encode_event, numbered_frame

ROOM = RoomId("room_" + "0" * 26)
BENCH = Person(UserId("usr_" + "0" * 26), "bench")
_clock = ServerClock()


class Teller:
    """In the place of the services: a line is told, and that is all."""

    def __init__(self, log: MemoryRoomLog) -> None:
        self._log = log
        self._ids = itertools.count(10**25)

    async def carry_out(self, _actor: Actor, room_id: RoomId, frame: CommandFrame) -> Ack:
        assert isinstance(frame, ChatSendFrame)
        message = Message(MessageId(f"msg_{next(self._ids)}"), room_id, BENCH, frame.text, _clock.now())
        return Ack(
            frame.id, seq=await self._log.publish(room_id, RoomEvent(ChatSent(message), _clock.now(), BENCH))
        )


class Alone:
    """The ASGI application: everybody is in the one room."""

    def __init__(self) -> None:
        self._log = MemoryRoomLog(encode_event, numbered_frame, _clock.now)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count()
        self._around = Surroundings(
            log=self._log,
            dropped=Dropped(_clock.now),
            limits=LimitsSection(enabled=False),
            metrics=Metrics(),
            now=_clock.now,
            publish=self._keep_quiet,
            spawn=self._spawn,
        )
        self._live = LiveRoom(ROOM, self._around)

    async def open(self) -> None:
        await self._log.follow(ROOM, self._live.deliver)
        self._live.fill(Room(ROOM, "Bench", Visibility.PRIVATE, BENCH, 1, 1), PlaybackState())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        actor = Actor(ActorKind.USER, BENCH.name, BENCH.id)
        desk: Any = Teller(self._log)
        session = Session(ConnectionId(f"con_{next(self._ids)}"), actor, ROOM, self._around, desk)
        session.take_place(self._live, Member(ROOM, BENCH, Role.OWNER, joined_at=1))
        await send({"type": "websocket.accept", "subprotocol": "synctv.v1", "headers": []})
        session.open(scope["extensions"][EXTENSION])
        while (message := await receive())["type"] == "websocket.receive":
            session.receive(message["text"])
        session.closed()
        self._live.leave(session)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _keep_quiet(self, _room_id: RoomId, _change: Change) -> None:
        """Presence is not told here."""


async def _serve() -> None:
    alone = Alone()
    await alone.open()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    gc.freeze()
    config = uvicorn.Config(
        alone, log_level="error", lifespan="off", ws=FanOutProtocol, ws_per_message_deflate=False
    )
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(_serve())
