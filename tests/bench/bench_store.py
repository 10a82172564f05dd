"""What the store costs beside Python's own sqlite3 on the same file: a room by id, a message, a transaction.

The baseline runs the same SQL on the event loop itself, with the same settings of the file. Ours pays for a
hop into a thread and back, which keeps the loop free while the disk is busy.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from synctv_server.domain.rooms import Room
from synctv_server.store import Database, open_database
from synctv_server.store import chat as chat_sql
from synctv_server.store import rooms as rooms_sql
from synctv_server.store.chat import MessageStore
from synctv_server.store.engine import in_dialect
from synctv_server.store.rooms import RoomStore
from synctv_server.store.users import UserStore
from tests.support import databases, samples

_ROUNDS = 5
_TIMES = 400


def main() -> None:
    """Prints microseconds per operation, by the clock and of CPU, and the ratio of the clock to the baseline."""
    asyncio.run(_measure_all())


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one operation, in microseconds; the best of the rounds."""

    wall: float
    cpu: float


async def _measure_all() -> None:
    with tempfile.TemporaryDirectory(prefix="synctv-bench-") as folder:
        path = Path(folder) / "synctv.db"
        async with open_database(await databases.migrated("sqlite", Path(folder))) as database:
            ann = samples.user("Ann")
            room = samples.room(samples.person_of(ann))
            await UserStore(database).create(ann, None)
            await RoomStore(database).create(room)
            plain = sqlite3.connect(path, isolation_level=None)
            plain.execute("PRAGMA synchronous = NORMAL")
            plain.execute("PRAGMA foreign_keys = ON")
            await _compare("room by id", _PlainFile(plain, room).get, _Stores(database, room).get)
            await _compare("message added", _PlainFile(plain, room).add, _Stores(database, room).add)
            await _compare(
                "transaction: read, write, commit",
                _PlainFile(plain, room).change,
                _Stores(database, room).change,
            )
            plain.close()


class _PlainFile:
    """The same statements by sqlite3, without a thread, a store or a domain value."""

    def __init__(self, connection: sqlite3.Connection, room: Room) -> None:
        self._connection = connection
        self._room = room
        self._get = in_dialect(rooms_sql._BY_ID, "sqlite")
        self._add = in_dialect(chat_sql._ADD, "sqlite")
        self._bump = in_dialect(rooms_sql._BUMP, "sqlite")

    async def get(self) -> None:
        assert len(self._connection.execute(self._get, (self._room.id,)).fetchall()) == 1

    async def add(self) -> None:
        owner = self._room.owner
        row = (samples.ids.message(), self._room.id, owner.id, owner.name, "hello", 1, None, None, 0)
        assert len(self._connection.execute(self._add, row).fetchall()) == 1

    async def change(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        await self.get()
        self._connection.execute(self._bump, (self._room.id,)).fetchall()
        self._connection.execute("COMMIT")


class _Stores:
    """The same through the stores."""

    def __init__(self, database: Database, room: Room) -> None:
        self._database = database
        self._room = room
        self._rooms = RoomStore(database)
        self._messages = MessageStore(database)

    async def get(self) -> None:
        await self._rooms.get_room(self._room.id)

    async def add(self) -> None:
        await self._messages.keep(samples.message(self._room, self._room.owner))

    async def change(self) -> None:
        async with self._database.transaction():
            await self._rooms.get_room(self._room.id)
            await self._rooms.bump_playlist(self._room.id)


Work = Callable[[], Awaitable[None]]


async def _compare(name: str, baseline: Work, ours: Work) -> None:
    plain, stores = await _cost(baseline), await _cost(ours)
    print(
        f"{name:34} sqlite3 {plain.wall:7.0f} µs ({plain.cpu:.0f} CPU)   store {stores.wall:7.0f} µs"
        f" ({stores.cpu:.0f} CPU)   × {stores.wall / plain.wall:.1f}"
    )


async def _cost(work: Work) -> Cost:
    await work()
    walls, cpus = [], []
    for _ in range(_ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in itertools.repeat(None, _TIMES):
            await work()
        walls.append((time.perf_counter() - wall) / _TIMES * 1e6)
        cpus.append((time.process_time() - cpu) / _TIMES * 1e6)
    return Cost(min(walls), min(cpus))
