"""A room in memory, with a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from synctv_server.cluster.memory.room_log import MemoryRoomLog
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.chat import Message
from synctv_server.domain.events import Change, ChatSent, MemberChanged, RoomEvent
from synctv_server.domain.ids import ConnectionId, MessageId, RoomId, SessionId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Override, Role
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room, RoomSettings, Visibility
from synctv_server.domain.sessions import Actor, ActorKind, Person
from synctv_server.domain.times import Millis
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.dropped import Dropped
from synctv_server.realtime.room import LiveRoom
from synctv_server.realtime.session import Session
from synctv_server.realtime.surroundings import Surroundings
from synctv_server.realtime.wire import Ack, CommandFrame, encode_event, numbered_frame
from tests.unit.realtime.sockets import KeptSocket

ROOM = RoomId("room_a")
OWNER = Person(UserId("usr_owner"), "Owner")


class SlowDesk:
    """Carries out a command when the test lets it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def carry_out(self, _actor: Actor, _room: RoomId, frame: CommandFrame) -> Ack:
        await self.gate.wait()
        self.done.append(frame.id)
        if self.error is not None:
            raise self.error
        return Ack(frame.id, revision=len(self.done))


@dataclass
class Stage:
    """One live room and everything around it."""

    moment: Millis = 1_700_000_000_000
    limits: LimitsSection = field(default_factory=LimitsSection)
    metrics: Metrics = field(default_factory=Metrics)
    desk: SlowDesk = field(default_factory=SlowDesk)
    published: list[Change] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    sessions: int = 0

    def __post_init__(self) -> None:
        self.encoded = 0
        self.framed = 0
        self.log = MemoryRoomLog(self._encode, self._number, self.now)
        self.around = Surroundings(
            self.log,
            Dropped(self.now),
            self.limits,
            self.metrics,
            self.now,
            lambda _, change: self.published.append(change),
            self.spawn,
        )
        self.room = Room(
            ROOM,
            "Films",
            Visibility.PRIVATE,
            OWNER,
            1,
            1,
            settings=RoomSettings.default_for(Visibility.PRIVATE),
        )

    def now(self) -> Millis:
        return self.moment

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _encode(self, event: RoomEvent) -> bytes:
        self.encoded += 1
        return encode_event(event)

    def _number(self, seq: int, body: bytes) -> bytes:
        self.framed += 1
        return numbered_frame(seq, body)

    async def open(self) -> LiveRoom:
        self.live = LiveRoom(ROOM, self.around)
        await self.log.follow(ROOM, self.live.deliver)
        self.live.fill(self.room, PlaybackState())
        return self.live

    def session(self, member: Member) -> Session:
        self.sessions += 1
        actor = Actor(ActorKind.USER, member.person.name, member.person.id, session_id=SessionId("ses_1"))
        session = Session(ConnectionId(f"con_{self.sessions}"), actor, ROOM, self.around, self.desk)  # type: ignore[arg-type]
        session.take_place(self.live, member)
        return session

    def viewer(
        self,
        name: str = "ann",
        *,
        role: Role = Role.MEMBER,
        own: Override = Override(),
        capacity: int | None = None,
        resume: int | None = None,
        epoch: str | None = None,
    ) -> tuple[Session, KeptSocket]:
        """Somebody who has come in."""
        socket = KeptSocket(capacity)
        session = self.session(member_of(name, role, own))
        session.open(socket, resume=resume, epoch=epoch)
        return session, socket

    async def say(self, text: str) -> int:
        """One line of chat, as the services publish it."""
        message = Message(MessageId(f"msg_{text}"), ROOM, OWNER, text, self.moment)
        return await self.log.publish(ROOM, RoomEvent(ChatSent(message), self.moment, OWNER))

    async def tell_of(self, member: Member) -> int:
        """An event that only those who may see the members see."""
        return await self.log.publish(ROOM, RoomEvent(MemberChanged(member), self.moment))


def member_of(name: str, role: Role = Role.MEMBER, own: Override = Override()) -> Member:
    return Member(ROOM, Person(UserId(f"usr_{name}"), name.title()), role, joined_at=1, own=own)


@pytest.fixture
async def stage() -> Stage:
    stage = Stage()
    await stage.open()
    return stage


async def tick() -> None:
    """Let what was scheduled for the end of this tick happen."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
