"""What only PostgreSQL has: a server that stops, dies and comes back, and a lock for the one server of ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import asyncpg
import pytest

from synctv_server.domain.errors import ConfigurationInvalid, Conflict, Unavailable
from synctv_server.store import Database, open_database
from synctv_server.store.server_lock import ServerLock
from tests.support import databases, postgres
from tests.support.postgres import Server
from tests.support.waiting import eventually

COUNT = "SELECT COUNT(*) AS number FROM probe"


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A PostgreSQL that only these tests use, because they stop it."""
    home = Path(mkdtemp(prefix="synctv-pg-own-"))
    running = postgres.private_server(home)
    yield running
    running.stop("immediate")
    rmtree(home)


@pytest.fixture
async def database(own_server: Server) -> AsyncIterator[Database]:
    async with open_database(await postgres.fresh_database(own_server), pool_size=4) as opened:
        await opened.fetch("CREATE TABLE probe (id BIGINT NOT NULL)")
        yield opened


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_restart_under_load_is_survived(database: Database, own_server: Server, mode: str) -> None:
    stopping = asyncio.Event()
    kept: list[int] = []
    refused: list[Unavailable] = []

    async def insert(number: int) -> None:
        async with database.transaction() as transaction:
            transaction.after_commit(lambda: kept.append(number))
            await database.fetch("INSERT INTO probe (id) VALUES ({})", number)
            await database.fetch(COUNT)

    async def work(worker: int) -> None:
        number = worker
        while not stopping.is_set():
            number += 8
            try:
                await insert(number)
            except Unavailable as error:
                refused.append(error)
                await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        for worker in range(8):
            group.create_task(work(worker))
        await asyncio.to_thread(own_server.stop, mode)
        await asyncio.to_thread(own_server.start)
        before = len(kept)
        await eventually(lambda: len(kept) >= before + 50, within_seconds=20)
        stopping.set()

    assert refused
    assert all(error.retry_after_seconds for error in refused)
    assert (database.pool_use().active, database.pool_use().waiting) == (0, 0)
    rows = await database.fetch("SELECT id FROM probe")
    # A commit whose answer was lost may have happened; one that was told of has.
    assert set(kept) <= {row["id"] for row in rows}


async def test_session_left_in_a_task_over_a_restart_works_again(
    database: Database, own_server: Server
) -> None:
    """A task that lives long, as one of a socket does, must not keep a dead transaction."""
    with suppress(Unavailable):
        async with database.transaction():
            await database.fetch(COUNT)
            await asyncio.to_thread(own_server.stop, "immediate")
            await asyncio.to_thread(own_server.start)
            await database.fetch(COUNT)
    async with database.transaction():
        await database.fetch("INSERT INTO probe (id) VALUES ({})", 1)
    assert (await database.fetch(COUNT))[0]["number"] == 1


async def test_opening_waits_for_a_server_that_starts(own_server: Server) -> None:
    url = await postgres.fresh_database(own_server)
    await asyncio.to_thread(own_server.stop)

    async def open_and_ask() -> None:
        async with open_database(url) as opened:
            await opened.ping()

    asking = asyncio.create_task(open_and_ask())
    await asyncio.to_thread(own_server.start)
    await asking


async def test_unknown_database_and_user_are_refused_at_once(own_server: Server) -> None:
    for url in (own_server.url("nowhere"), own_server.url().replace("postgres@", "nobody@")):
        with pytest.raises(Unavailable, match="PostgreSQL refuses") as caught:
            async with open_database(url):
                pass
        assert "database.url" in (caught.value.hint or "")
        assert caught.value.retry_after_seconds is None


async def test_url_with_a_wrong_option_is_a_configuration_error(own_server: Server) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"database\.url: `sslmode`"):
        async with open_database(own_server.url().replace("disable", "perhaps")):
            pass


async def test_commit_takes_one_connection_from_the_pool_and_gives_it_back(database: Database) -> None:
    async with database.transaction():
        assert database.pool_use().active == 1
    assert database.pool_use().active == 0
    assert database.pool_use().size_max == 4


async def test_error_caught_inside_a_transaction_is_not_taken_for_a_commit(database: Database) -> None:
    seen: list[str] = []

    async def catch_inside() -> None:
        async with database.transaction() as transaction:
            transaction.after_commit(lambda: seen.append("told"))
            await database.fetch("INSERT INTO probe (id) VALUES ({})", 1)
            with pytest.raises(asyncpg.UndefinedTableError):
                await database.fetch("SELECT * FROM nowhere")

    with pytest.raises(RuntimeError, match="caught inside"):
        await catch_inside()
    assert seen == []
    assert (await database.fetch(COUNT))[0]["number"] == 0
    assert database.pool_use().active == 0


async def test_full_pool_is_unavailable_not_endless(database: Database) -> None:
    release = asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="no connection within"):
        await database.ping()
    release.set()
    await asyncio.gather(*holders)
    await database.ping()


async def test_second_server_is_refused_with_the_host_of_the_first() -> None:
    url = await databases.empty("postgres", Path())
    first, second = ServerLock(url), ServerLock(url)
    await first.take()
    try:
        with pytest.raises(Conflict) as refused:
            await second.take()
        assert socket.gethostname() in refused.value.message
        assert refused.value.exit_code == 9
        elsewhere = ServerLock(await databases.empty("postgres", Path()))
        await elsewhere.take()
        await elsewhere.release()
    finally:
        await first.release()
    await second.take()
    await second.release()


async def test_lock_dies_with_its_connection_and_is_taken_again(own_server: Server) -> None:
    url = await postgres.fresh_database(own_server)
    lock = ServerLock(url, watch_seconds=0.05)
    await lock.take()
    watching = asyncio.create_task(lock.watch())
    await _kill_holder(url)
    other = ServerLock(url)
    while True:  # until the first has noticed and holds it again
        try:
            await other.take()
        except Conflict:
            break
        await other.release()
        await asyncio.sleep(0.05)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await lock.release()


async def test_server_whose_lock_was_taken_by_another_is_told(own_server: Server) -> None:
    url = await postgres.fresh_database(own_server)
    lock, other = ServerLock(url, watch_seconds=0.3), ServerLock(url)
    await lock.take()
    watching = asyncio.create_task(lock.watch())
    await _kill_holder(url)
    await other.take()
    with pytest.raises(Conflict):
        await watching
    await other.release()


async def _kill_holder(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'synctv server on %' AND datname = current_database()"
        )
    finally:
        await connection.close()
