"""A house with its services, and an owner with a private room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor
from synctv_server.security.passwords import PasswordHasher
from synctv_server.store import Database
from tests.services.conftest import Clock
from tests.support.house import House


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The server's media folder."""
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
async def house(
    database: Database, hasher: PasswordHasher, clock: Clock, folder: Path
) -> AsyncIterator[House]:
    house = House(database, hasher, clock, folder)
    await house.keys.ensure()
    await house.keys.load()
    yield house
    house.library.close()


@pytest.fixture
async def owner(house: House) -> Actor:
    return await house.person("olga")


@pytest.fixture
async def room(house: House, owner: Actor) -> Room:
    return await house.room(owner)
