"""What services need, for real: SQLite through the stores, shared state in this process, a clock that stands.

Passwords are hashed at a low cost here; `tests/unit/security` has the real one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import pytest

from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.domain.ids import Ids
from synctv_server.domain.times import Millis
from synctv_server.security.passwords import PasswordHasher
from synctv_server.store import Database, open_database
from tests.support import databases

START: Millis = 1_790_000_000_000


@dataclass
class Clock:
    """Server time, where the test puts it."""

    moment: Millis = START

    def __call__(self) -> Millis:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ids(clock: Clock) -> Ids:
    return Ids(clock, token_bytes)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = await databases.migrated("sqlite", tmp_path)
    async with open_database(url) as opened:
        yield opened


@pytest.fixture
def notices() -> MemoryNotices:
    return MemoryNotices()


@pytest.fixture(scope="session")
def hasher() -> Iterator[PasswordHasher]:
    with PasswordHasher(parallel=2, queue=300, memory_kib=64, passes=1, lanes=1) as hasher:
        yield hasher
