"""Work that is carried out together: in order, each undone alone, told of after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from synctv_server.domain.errors import Conflict, Unavailable
from synctv_server.store import Database, Transaction, Work
from synctv_server.store.engines.faults import UniqueViolated

INSERT = "INSERT INTO setup_links (id, token_hash, created_at, expires_at) VALUES (1, {}, 0, 0)"
ADD = "UPDATE setup_links SET expires_at = expires_at + {} WHERE id = 1 RETURNING expires_at"
READ = "SELECT expires_at FROM setup_links WHERE id = 1"


class Boom(Exception):
    """What the tests raise."""


def fail() -> None:
    raise Boom


async def value(database: Database) -> int:
    return int((await database.fetch(READ))[0]["expires_at"])


def adding(database: Database, number: int, told: list[int], *, fails: bool = False) -> Work:
    async def work(transaction: Transaction) -> None:
        rows = await database.fetch(ADD, number)
        transaction.after_commit(lambda: told.append(rows[0]["expires_at"]))
        if fails:
            raise Boom

    return work


@pytest.fixture(autouse=True)
async def row(database: Database) -> None:
    await database.fetch(INSERT, b"x")


async def test_what_fails_is_undone_alone_and_never_told(database: Database) -> None:
    told: list[int] = []
    works = [
        adding(database, 1, told),
        adding(database, 10, told, fails=True),
        adding(database, 100, told),
    ]
    errors = await database.carry_out(works)
    assert [type(error) for error in errors] == [type(None), Boom, type(None)]
    assert told == [1, 101]
    assert await value(database) == 101


async def test_hooks_find_everything_kept(database: Database) -> None:
    seen: list[int] = []

    async def work(transaction: Transaction) -> None:
        await database.fetch(ADD, 5)

        async def look() -> None:
            seen.append(await value(database))

        transaction.after_commit(look)

    assert await database.carry_out([work, work]) == [None, None]
    assert seen[-1] == 10


async def test_error_of_a_hook_is_that_of_its_work(database: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await database.fetch(ADD, 1)
        transaction.after_commit(fail)

    told: list[int] = []
    errors = await database.carry_out([work, adding(database, 1, told)])
    assert isinstance(errors[0], Boom)
    assert (errors[1], told) == (None, [2])


async def test_refused_statement_is_ours_and_leaves_the_rest(database: Database) -> None:
    async def again(_: Transaction) -> None:
        await database.fetch(INSERT, b"x")

    told: list[int] = []
    errors = await database.carry_out([adding(database, 1, told), again, adding(database, 1, told)])
    assert isinstance(errors[1], UniqueViolated)
    assert isinstance(errors[1], Conflict)
    assert told == [1, 2]


async def test_transaction_inside_is_undone_alone(database: Database) -> None:
    async def work(_: Transaction) -> None:
        await database.fetch(ADD, 1)
        try:
            async with database.transaction():
                await database.fetch(ADD, 10)
                fail()
        except Boom:
            await database.fetch(ADD, 100)

    assert await database.carry_out([work]) == [None]
    assert await value(database) == 101


async def test_others_wait_and_lose_no_update(database: Database) -> None:
    async def by_transaction() -> None:
        async with database.transaction():
            await database.fetch(ADD, 1)

    told: list[int] = []
    works: list[Callable[[], Coroutine[Any, Any, object]]] = [
        by_transaction,
        lambda: database.carry_out([adding(database, 1, told), adding(database, 1, told)]),
    ]
    await asyncio.gather(*(work() for work in works * 10))
    assert await value(database) == 30
    assert len(told) == 20


async def test_work_that_is_audited_is_refused(database: Database) -> None:
    """It commits without waiting for the disk, and an entry must not be lost."""

    async def work(transaction: Transaction) -> None:
        transaction.audit(None, None)  # type: ignore[arg-type]  # refused before they are looked at

    (error,) = await database.carry_out([work])
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_work_that_waits_for_something_else_is_undone(database: Database) -> None:
    """On SQLite nothing else can be waited for; a test on it finds such work, wherever it would run."""

    async def work(_: Transaction) -> None:
        await database.fetch(ADD, 1)
        await asyncio.sleep(0)

    (error,) = await database.carry_out([work])
    assert isinstance(error, RuntimeError)
    assert await value(database) == 0


async def test_closed_database_keeps_nothing(database: Database) -> None:
    told: list[int] = []
    await database._engine.close()
    try:
        errors = await database.carry_out([adding(database, 1, told)])
    except Unavailable as error:
        errors = [error]
    assert isinstance(errors[0], Unavailable)
    assert told == []
