"""A database for each test, on each kind: one body of tests over real SQLite and real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synctv_server.domain.rooms import Room
from synctv_server.domain.users import User
from synctv_server.store import Database, open_database
from synctv_server.store.rooms import RoomStore
from synctv_server.store.users import UserStore
from tests.support import databases, samples


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def empty_url(kind: str, tmp_path: Path) -> str:
    """A database without any table."""
    return await databases.empty(kind, tmp_path)


@pytest.fixture
async def url(kind: str, tmp_path: Path) -> str:
    """A database at the newest migration."""
    return await databases.migrated(kind, tmp_path)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with open_database(url, pool_size=4) as opened:
        yield opened


@pytest.fixture
async def ann(database: Database) -> User:
    account = samples.user("Ann")
    await UserStore(database).create(account, None)
    return account


@pytest.fixture
async def room(database: Database, ann: User) -> Room:
    opened = samples.room(samples.person_of(ann))
    await RoomStore(database).create(opened)
    return opened
