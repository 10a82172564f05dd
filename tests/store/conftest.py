"""A database for each test, on each kind: one body of tests over real SQLite and real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synctv_server.store import Database, open_database
from tests.support import databases


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
