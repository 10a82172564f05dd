"""What only SQLite has: one file, one writer, durability by transaction, other processes on the same file."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid, Unavailable
from synctv_server.domain.pages import Page
from synctv_server.domain.rooms import Room
from synctv_server.domain.users import User
from synctv_server.store import Database, StoreObserver, open_database
from synctv_server.store.chat import MessageStore
from synctv_server.store.engines.sqlite import SQLiteEngine
from synctv_server.store.links.setup import SetupStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.rooms import RoomStore
from synctv_server.store.users import UserStore
from synctv_server.upkeep.migrate import MigrationTarget, up
from tests.support import databases

PUT = "INSERT INTO setup_links (id, token_hash, created_at, expires_at) VALUES (1, {}, 0, 0)"
ADD = "UPDATE setup_links SET expires_at = {} WHERE id = 1"
READ = "SELECT expires_at FROM setup_links WHERE id = 1"
CHILD = """
import asyncio, json, sys
from synctv_server.store import open_database

async def main(url, times):
    async with open_database(url) as database:
        for _ in range(times):
            async with database.transaction():
                row = await database.fetch_one("SELECT expires_at FROM setup_links WHERE id = 1")
                await database.fetch("UPDATE setup_links SET expires_at = {} WHERE id = 1", row["expires_at"] + 1)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "synctv.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with open_database(await databases.migrated("sqlite", path.parent)) as opened:
        yield opened


async def pragma(database: Database, name: str) -> object:
    """The setting of the writer, which a statement that is no SELECT goes to."""
    row = (await database.fetch(f"PRAGMA {name}"))[0]
    return row[next(iter(row.keys()))]


async def test_file_is_in_wal_mode_with_references_checked(database: Database) -> None:
    assert await pragma(database, "journal_mode") == "wal"
    assert await pragma(database, "foreign_keys") == 1
    assert await pragma(database, "synchronous") == 1


async def test_durable_transaction_is_synced_in_full_and_the_next_is_not(database: Database) -> None:
    for durable, level in ((True, 2), (False, 1), (True, 2)):
        async with database.transaction(durable=durable):
            assert await pragma(database, "synchronous") == level


async def test_write_of_an_account_store_alone_is_durable(database: Database) -> None:
    await SetupStore(database).put(b"token", 10, 0)
    assert await pragma(database, "synchronous") == 2


async def test_reading_does_not_wait_for_the_writer(database: Database, ann: User, room: Room) -> None:
    release = asyncio.Event()
    held = asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            held.set()
            await release.wait()

    holder = asyncio.create_task(hold())
    await held.wait()
    async with asyncio.timeout(5):
        assert await RoomStore(database).get_room(room.id) == room
        assert (await UserStore(database).list_users(None, 10)).items == (ann,)
        assert await MessageStore(database).list_messages(room.id, None, 10) == Page(())
        assert await PlaybackStore(database).list_playing() == []
    release.set()
    await holder


async def test_statement_behind_another_is_refused(database: Database) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        await database.fetch("SELECT 1; DROP TABLE users")


async def test_two_processes_share_the_file(database: Database, path: Path) -> None:
    await database.fetch(PUT, b"x")
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, f"sqlite:///{path}", "100")
    for _ in range(100):
        async with database.transaction():
            row = await database.fetch_one(READ)
            assert row is not None
            await database.fetch(ADD, row["expires_at"] + 1)
    assert await asyncio.wait_for(other.wait(), 60) == 0
    row = await database.fetch_one(READ)
    assert row is not None
    assert row["expires_at"] == 200


async def test_file_held_by_another_program_is_busy_not_broken(path: Path) -> None:
    await databases.migrated("sqlite", path.parent)
    engine = SQLiteEngine(path, StoreObserver(), busy_seconds=0.2)
    await engine.open()
    holder = sqlite3.connect(path, isolation_level=None)
    setup = SetupStore(Database(engine))
    try:
        holder.execute("BEGIN IMMEDIATE")
        assert await setup.find(0) is None  # readers go on
        with pytest.raises(Unavailable) as busy:
            await setup.put(b"token", 10, 0)
        assert busy.value.retry_after_seconds is not None
        holder.execute("COMMIT")
        await setup.put(b"token", 10, 0)
    finally:
        holder.close()
        await engine.close()


@pytest.fixture
def nonsense(path: Path) -> Path:
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    return path


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}"
    with pytest.raises(Unavailable, match="not a file"):
        async with open_database(url):
            pass
    with pytest.raises(Unavailable, match="not a file"):
        await up(MigrationTarget.from_url(url))


async def test_full_disk_is_told_of_and_survived(database: Database) -> None:
    pages = await pragma(database, "page_count")
    await pragma(database, f"max_page_count = {pages}")

    async def fill() -> None:
        async with database.transaction():
            await database.fetch("CREATE TABLE filling AS SELECT randomblob(1000000) AS blob")

    with pytest.raises(Unavailable, match="full"):
        await fill()
    await pragma(database, "max_page_count = 1000000")
    await fill()
    assert len(await database.fetch("SELECT 1 FROM filling")) == 1


async def test_file_that_is_no_database_is_told_of(nonsense: Path) -> None:
    with pytest.raises(BrokenState):
        async with open_database(f"sqlite:///{nonsense}"):
            pass


async def test_file_that_is_not_there_is_not_made(path: Path) -> None:
    for missing in (path, path.parent / "none" / "synctv.db", path.parent):
        with pytest.raises(Unavailable):
            async with open_database(f"sqlite:///{missing}"):
                pass
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["", "sqlite:///", "mysql://x", "/var/lib/synctv.db", "postgresql://u@h:port/db", "postgresql://[::1/db"],
)
async def test_url_of_no_database_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"database\.url"):
        async with open_database(url):
            pass


async def test_kill_in_mid_transaction_leaves_the_state_before(database: Database, path: Path) -> None:
    await database.fetch(PUT, b"x")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert json.loads(await child.stdout.readline()) == "changed"
    child.kill()
    await child.wait()
    row = await database.fetch_one(READ)
    assert row is not None
    assert row["expires_at"] == 0
    await database.fetch(ADD, 5)


_HOLD = """
import json, sqlite3, sys, threading
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE setup_links SET expires_at = 9 WHERE id = 1")
print(json.dumps("changed"), flush=True)
threading.Event().wait()
"""
