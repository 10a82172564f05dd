"""What each contract runs over: every implementation there is, on one clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from synctv_server.cluster.counters import Counters
from synctv_server.cluster.memory.counters import MemoryCounters
from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.cluster.memory.once import MemoryOnce
from synctv_server.cluster.memory.presence import MemoryPresence
from synctv_server.cluster.memory.room_log import MemoryRoomLog
from synctv_server.cluster.notices import Notices
from synctv_server.cluster.once import Once
from synctv_server.cluster.presence import Presence
from synctv_server.cluster.room_log import RoomLog
from synctv_server.domain.events import ChatDeleted, RoomEvent
from synctv_server.domain.times import Millis


class Clock:
    """A clock that goes when the test says so."""

    def __init__(self) -> None:
        self.moment: Millis = 1_700_000_000_000

    def now(self) -> Millis:
        return self.moment

    def go(self, span: Millis) -> None:
        self.moment += span


def encode(event: RoomEvent) -> bytes:
    assert isinstance(event.change, ChatDeleted)
    return b'{"id":"%b"}' % event.change.message_id.encode()


def number(seq: int, body: bytes) -> bytes:
    return b"%d %b" % (seq, body)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory"])
def room_log(request: pytest.FixtureRequest, clock: Clock) -> RoomLog:
    kinds: dict[str, Callable[[], RoomLog]] = {"memory": lambda: MemoryRoomLog(encode, number, clock.now)}
    return kinds[request.param]()


@pytest.fixture(params=["memory"])
def notices(request: pytest.FixtureRequest) -> Notices:
    kinds: dict[str, Callable[[], Notices]] = {"memory": MemoryNotices}
    return kinds[request.param]()


@pytest.fixture(params=["memory"])
def presence(request: pytest.FixtureRequest) -> Presence:
    kinds: dict[str, Callable[[], Presence]] = {"memory": MemoryPresence}
    return kinds[request.param]()


@pytest.fixture(params=["memory"])
def counters(request: pytest.FixtureRequest, clock: Clock) -> Counters:
    kinds: dict[str, Callable[[], Counters]] = {"memory": lambda: MemoryCounters(clock.now)}
    return kinds[request.param]()


@pytest.fixture(params=["memory"])
def once(request: pytest.FixtureRequest, clock: Clock) -> Once:
    kinds: dict[str, Callable[[], Once]] = {"memory": lambda: MemoryOnce(clock.now)}
    return kinds[request.param]()
