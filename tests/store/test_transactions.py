"""Transactions: all or nothing, hooks after the commit, and nothing lost to a task that is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from synctv_server.domain.errors import Conflict, Unavailable
from synctv_server.store import Database, StoreObserver, open_database
from synctv_server.store.engines.faults import ReferenceViolated, UniqueViolated
from tests.support.waiting import eventually

INSERT = "INSERT INTO setup_links (id, token_hash, created_at, expires_at) VALUES (1, {}, 0, 0)"
SET = "UPDATE setup_links SET expires_at = {} WHERE id = 1"
COUNT = "SELECT COUNT(*) AS number FROM setup_links"
ROUNDS = 60
STEP_SECONDS = 0.000_04
READ = "SELECT expires_at FROM setup_links WHERE id = 1"


class Boom(Exception):
    """What the tests raise."""


class Heard(StoreObserver):
    """Counts what it hears."""

    def __init__(self) -> None:
        self.queries = self.failures = self.rollbacks = self.waits = 0

    def waited(self, seconds: float) -> None:
        assert seconds >= 0
        self.waits += 1

    def queried(self, seconds: float) -> None:
        assert seconds >= 0
        self.queries += 1

    def query_failed(self) -> None:
        self.failures += 1

    def rolled_back(self) -> None:
        self.rollbacks += 1


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def database(url: str, heard: Heard) -> AsyncIterator[Database]:
    async with open_database(url, pool_size=4, observer=heard) as opened:
        yield opened


async def count(database: Database) -> int:
    return int((await database.fetch(COUNT))[0]["number"])


async def value(database: Database) -> int:
    return int((await database.fetch(READ))[0]["expires_at"])


async def test_block_that_raises_leaves_nothing(database: Database, heard: Heard) -> None:
    async def insert_and_fail() -> None:
        async with database.transaction():
            await database.fetch(INSERT, b"x")
            assert await count(database) == 1
            raise Boom

    with pytest.raises(Boom):
        await insert_and_fail()
    assert await count(database) == 0
    assert heard.rollbacks == 1


async def test_others_see_nothing_before_the_commit(database: Database) -> None:
    async with database.transaction():
        await database.fetch(INSERT, b"x")
        assert await asyncio.create_task(count(database)) == 0
    assert await count(database) == 1


async def test_hooks_run_after_the_commit_in_order(database: Database) -> None:
    seen: list[str] = []

    async def look() -> None:
        seen.append(f"async {await count(database)}")

    async with database.transaction() as transaction:
        transaction.after_commit(look)
        transaction.after_commit(lambda: seen.append("plain"))
        await database.fetch(INSERT, b"x")
        assert seen == []
    assert seen == ["async 1", "plain"]


async def test_hooks_of_an_undone_transaction_never_run(database: Database) -> None:
    seen: list[str] = []

    async def hook_and_fail() -> None:
        async with database.transaction() as transaction:
            transaction.after_commit(lambda: seen.append("never"))
            raise Boom

    with pytest.raises(Boom):
        await hook_and_fail()
    assert seen == []


async def test_error_of_a_hook_keeps_the_others_and_the_data(database: Database) -> None:
    seen: list[str] = []

    def fail() -> None:
        raise Boom

    async def insert() -> None:
        async with database.transaction() as transaction:
            transaction.after_commit(fail)
            transaction.after_commit(lambda: seen.append("second"))
            await database.fetch(INSERT, b"x")

    with pytest.raises(Boom):
        await insert()
    assert seen == ["second"]
    assert await count(database) == 1


async def test_inner_block_is_undone_alone(database: Database) -> None:
    seen: list[str] = []

    async def set_and_fail() -> None:
        async with database.transaction() as inner:
            inner.after_commit(lambda: seen.append("undone"))
            await database.fetch(SET, 1)
            raise Boom

    async with database.transaction() as outer:
        outer.after_commit(lambda: seen.append("outer"))
        await database.fetch(INSERT, b"x")
        with pytest.raises(Boom):
            await set_and_fail()
        async with database.transaction() as inner:
            inner.after_commit(lambda: seen.append("inner"))
            async with database.transaction():
                await database.fetch(SET, 2)
        assert seen == []
    assert seen == ["outer", "inner"]
    assert await value(database) == 2


async def test_inner_error_that_is_caught_inside_is_undone_with_its_block(database: Database) -> None:
    async with database.transaction():
        await database.fetch(INSERT, b"x")
        with pytest.raises(UniqueViolated):
            async with database.transaction():
                await database.fetch(INSERT, b"y")
        await database.fetch(SET, 3)
    assert await value(database) == 3


async def test_durable_inside_one_that_is_not_is_a_mistake(database: Database) -> None:
    async with database.transaction(durable=True), database.transaction(durable=True):
        await database.fetch(INSERT, b"x")
    with pytest.raises(RuntimeError, match="make the outer one durable"):
        async with database.transaction(), database.transaction(durable=True):
            pass
    assert await count(database) == 1


async def test_concurrent_read_then_write_loses_no_update(database: Database) -> None:
    await database.fetch(INSERT, b"x")
    lock = "" if database.kind == "sqlite" else " FOR UPDATE"

    async def raise_by_one() -> None:
        async with database.transaction():
            rows = await database.fetch(READ + lock)
            await database.fetch(SET, rows[0]["expires_at"] + 1)

    await asyncio.gather(*(raise_by_one() for _ in range(50)))
    assert await value(database) == 50


async def test_driver_errors_become_ours_with_their_cause(database: Database, heard: Heard) -> None:
    await database.fetch(INSERT, b"x")
    with pytest.raises(UniqueViolated) as unique:
        await database.fetch(INSERT, b"y")
    assert isinstance(unique.value, Conflict)
    assert unique.value.__cause__ is not None
    with pytest.raises(ReferenceViolated):
        await database.fetch(
            "INSERT INTO refresh_tokens (hash, session_id, used_at) VALUES ({}, 'no', 0)", b"h"
        )
    assert heard.failures == 2


async def test_wrong_statement_stays_what_it_is(database: Database) -> None:
    with pytest.raises(Exception, match="nonsense") as wrong:
        await database.fetch("SELECT nonsense FROM users")
    assert not isinstance(wrong.value, Conflict | Unavailable)


async def test_observer_hears_of_queries_and_waits(database: Database, heard: Heard) -> None:
    before = heard.queries
    await database.ping()
    await database.fetch(INSERT, b"x")
    assert heard.queries == before + 2
    assert heard.waits >= 1
    use = database.pool_use()
    assert (use.active, use.waiting) == (0, 0)
    assert 1 <= use.size_max <= 4


async def test_use_of_the_pool_shows_who_holds_and_who_waits(database: Database) -> None:
    release = asyncio.Event()
    holders = 1 if database.kind == "sqlite" else 4

    async def hold() -> None:
        async with database.transaction():
            await release.wait()

    tasks = [asyncio.create_task(hold()) for _ in range(holders + 3)]
    await eventually(lambda: database.pool_use().waiting == 3)
    assert database.pool_use().active == holders
    release.set()
    await asyncio.gather(*tasks)
    assert (database.pool_use().active, database.pool_use().waiting) == (0, 0)


async def test_line_for_a_connection_has_an_end(database: Database) -> None:
    release = asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            await release.wait()

    holders = 1 if database.kind == "sqlite" else 4
    tasks = [asyncio.create_task(hold()) for _ in range(holders + 1_000)]
    await eventually(lambda: database.pool_use().waiting == 1_000)
    with pytest.raises(Unavailable, match="1000 callers wait"):
        await database.fetch(INSERT, b"x")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.fetch(INSERT, b"x")


@pytest.mark.parametrize("durable", [False, True])
async def test_cancelled_transactions_leave_nothing_open(database: Database, *, durable: bool) -> None:
    await database.fetch(INSERT, b"x")

    async def change(number: int) -> None:
        async with database.transaction(durable=durable):
            await database.fetch(SET, number)
            await database.fetch(READ)

    cancelled = 0
    for round_ in range(ROUNDS):
        tasks = [asyncio.create_task(change(number)) for number in range(8)]
        await asyncio.sleep(round_ * STEP_SECONDS)  # each round is cut at another point
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert results[1::2] == [None] * 4
        cancelled += sum(isinstance(one, asyncio.CancelledError) for one in results)
    assert cancelled > 0
    await eventually(lambda: database.pool_use().active == 0)
    async with database.transaction(durable=durable):
        await database.fetch(SET, 77)
    assert await value(database) == 77


async def test_commit_that_has_begun_is_finished_with_its_hooks(database: Database) -> None:
    """Cancelled at any point, a transaction is either kept and told of, or neither."""
    told: list[int] = []

    async def insert(number: int) -> None:
        async with database.transaction() as transaction:
            transaction.after_commit(lambda: told.append(number))
            await database.fetch("INSERT INTO probe (id) VALUES ({})", number)

    await database.fetch("CREATE TABLE probe (id BIGINT NOT NULL)")
    for number in range(2 * ROUNDS):
        task = asyncio.create_task(insert(number))
        await asyncio.sleep(number * 2 * STEP_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    rows = await database.fetch("SELECT id FROM probe ORDER BY id")
    assert [row["id"] for row in rows] == told
    assert 0 < len(told) < 2 * ROUNDS


async def test_task_inside_a_transaction_is_not_part_of_it(database: Database) -> None:
    async with database.transaction():
        await database.fetch(INSERT, b"x")
        inner = asyncio.create_task(count(database))
        assert await inner == 0
    late: asyncio.Task[int]

    async def start() -> asyncio.Task[int]:
        async with database.transaction():
            gate = asyncio.create_task(asyncio.sleep(0))
            return asyncio.create_task(after(gate))

    async def after(gate: asyncio.Task[None]) -> int:
        await gate
        return await count(database)

    late = await start()
    assert await late == 1


async def test_closed_database_is_unavailable(url: str) -> None:
    async with open_database(url) as opened:
        await opened.ping()
    for attempt in (opened.ping(), opened.fetch(INSERT, b"x")):
        with pytest.raises(Unavailable):
            await attempt
    with pytest.raises(Unavailable):
        async with opened.transaction():
            pass
