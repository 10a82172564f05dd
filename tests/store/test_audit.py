"""The audit log: an entry stands or falls with its transaction and follows the one before; the file outside follows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from synctv_server.domain.audit import EMPTY, Deed, Entry, Outcome, Party
from synctv_server.domain.errors import Invalid, Unavailable
from synctv_server.domain.sessions import SYSTEM, Actor, ActorKind
from synctv_server.net.origin import origin
from synctv_server.store import Database, open_database
from synctv_server.store.audit import AuditFilter, AuditStore
from synctv_server.store.trail import AuditTrail
from synctv_server.store.users import UserStore
from tests.support import samples

OPERATOR = Actor(ActorKind.OPERATOR, "root", uid=0)
ANN = Party("user", "usr_1", "ann")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit-head.json"


@pytest.fixture
async def database(url: str, file: Path) -> AsyncIterator[Database]:
    async with open_database(url, pool_size=4, trail=AuditTrail(file, now=lambda: samples.NOW)) as opened:
        yield opened


async def act(
    database: Database, action: str = "user.banned", actor: Actor = OPERATOR, **fields: object
) -> None:
    async with database.transaction(durable=True) as transaction:
        transaction.audit(actor, Deed(action, ANN, after=fields))


async def entries(database: Database) -> list[Entry]:
    return await AuditStore(database).entries_after(0, 1_000)


async def test_entry_says_who_did_what_to_whom_from_where(database: Database) -> None:
    token = origin.set("192.0.2.7")
    try:
        await act(database, reason="spam")
    finally:
        origin.reset(token)
    (entry,) = await entries(database)
    assert (entry.seq, entry.at, entry.action) == (1, samples.NOW, "user.banned")
    assert (entry.actor, entry.target) == (Party("operator", "0", "root"), ANN)
    assert (entry.address, entry.outcome) == ("192.0.2.7", Outcome.DONE)
    assert json.loads(entry.details) == {"after": {"reason": "spam"}}


async def test_entries_are_chained_from_the_first_on(database: Database) -> None:
    for number in range(5):
        await act(database, number=number)
    found = await entries(database)
    assert found[0].previous == EMPTY.hash
    assert all(later.previous == earlier.hash for earlier, later in pairwise(found))
    assert all(entry.hash == entry.digest() for entry in found)
    end = await AuditStore(database).end()
    assert (end.head, end.last) == (found[-1].head, 5)


async def test_entry_falls_with_its_transaction(database: Database) -> None:
    account = samples.user("Bob")

    async def fail() -> None:
        async with database.transaction(durable=True) as transaction:
            await UserStore(database).create(account, None)
            transaction.audit(OPERATOR, Deed("user.created", Party.account(account)))
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError):
        await fail()
    assert await entries(database) == []
    assert await UserStore(database).find_user(account.id) is None


async def test_entry_of_a_savepoint_falls_with_it_and_stands_with_the_outermost(database: Database) -> None:
    async with database.transaction(durable=True) as outer:
        outer.audit(SYSTEM, Deed("key.created"))
        with pytest.raises(RuntimeError):
            await undone_inside(database)
        async with database.transaction(durable=True) as inner:
            inner.audit(SYSTEM, Deed("key.activated"))
    assert [entry.action for entry in await entries(database)] == ["key.created", "key.activated"]


async def undone_inside(database: Database) -> None:
    async with database.transaction(durable=True) as inner:
        inner.audit(SYSTEM, Deed("key.revoked"))
        raise RuntimeError("a fault")


async def test_audited_deed_needs_a_durable_transaction(database: Database) -> None:
    async with database.transaction() as transaction:
        with pytest.raises(RuntimeError, match="durable"):
            transaction.audit(SYSTEM, Deed("key.created"))


async def test_many_at_once_make_one_chain(database: Database) -> None:
    await asyncio.gather(*(act(database, number=number) for number in range(30)))
    found = await entries(database)
    assert [entry.seq for entry in found] == list(range(1, 31))
    assert all(later.previous == earlier.hash for earlier, later in pairwise(found))


async def test_secrets_are_masked_at_any_depth(database: Database) -> None:
    await act(
        database, mail={"password": "canary", "has_password": True}, tokens=["canary"], token_seconds=3600
    )
    (entry,) = await entries(database)
    assert "canary" not in entry.details
    assert json.loads(entry.details)["after"] == {
        "mail": {"password": "***", "has_password": True},
        "tokens": ["***"],
        "token_seconds": 3600,
    }


async def test_what_a_stranger_typed_cannot_break_the_log(database: Database) -> None:
    async with database.transaction(durable=True) as transaction:
        transaction.audit(
            OPERATOR, Deed("user.sign_in_failed", Party("user", name="a\x00\ud800\x1b[31m" * 99))
        )
    (entry,) = await entries(database)
    assert entry.target.name.isprintable()
    assert len(entry.target.name) == 200


async def test_file_outside_follows_each_commit(database: Database, file: Path) -> None:
    for _ in range(3):
        await act(database)
    (*_, last) = await entries(database)
    assert said(file) == (3, last.hash)
    assert mode(file) == 0o600


async def test_database_behind_the_file_takes_no_entry_and_changes_nothing(
    database: Database, file: Path
) -> None:
    for _ in range(3):
        await act(database)
    before = said(file)
    await cut(database, 2)
    account = samples.user("Bob")

    async def create() -> None:
        async with database.transaction(durable=True) as transaction:
            await UserStore(database).create(account, None)
            transaction.audit(OPERATOR, Deed("user.created"))

    with pytest.raises(Unavailable) as refused:
        await create()
    assert refused.value.code == "audit.cut"
    assert await UserStore(database).find_user(account.id) is None
    assert said(file) == before


async def test_cut_is_seen_after_a_restart_too(url: str, database: Database, file: Path) -> None:
    for _ in range(3):
        await act(database)
    await cut(database, 1)
    async with open_database(url, trail=AuditTrail(file)) as again:
        with pytest.raises(Unavailable):
            await act(again)


async def test_entry_replaced_under_the_file_is_seen_when_the_log_goes_on(
    url: str, database: Database, file: Path
) -> None:
    await act(database)
    say(file, 1, "f" * 64)
    async with open_database(url, trail=AuditTrail(file)) as again:
        with pytest.raises(Unavailable):
            await act(again)


async def test_damaged_file_takes_no_entry(url: str, database: Database, file: Path) -> None:
    damage(file)
    async with open_database(url, trail=AuditTrail(file)) as again:
        with pytest.raises(Unavailable):
            await act(again)


async def test_file_that_was_left_behind_is_no_fault(url: str, database: Database, file: Path) -> None:
    await act(database)
    kept = said(file)
    await act(database)
    say(file, *kept)  # as a kill between the commit and the file leaves it
    async with open_database(url, trail=AuditTrail(file)) as again:
        await act(again)
    assert said(file)[0] == 3


async def test_file_that_cannot_be_written_keeps_nobody_from_acting(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_database(url, trail=AuditTrail(tmp_path / "gone" / "head.json")) as database:
        await act(database)
        assert len(await entries(database)) == 1
    assert "was not written" in caplog.text


async def test_two_processes_write_one_chain_and_one_file(url: str, database: Database, file: Path) -> None:
    async with open_database(url, trail=AuditTrail(file)) as other:
        for _ in range(2):
            await act(database)
            await act(other)
        assert len(await entries(other)) == 4
    assert said(file)[0] == 4


async def test_log_put_in_place_of_another_begins_a_new_file(
    url: str, database: Database, file: Path
) -> None:
    await act(database)
    say(file, 99, "f" * 64)
    async with open_database(url, trail=AuditTrail(file, is_renewed=True)) as restored:
        await act(restored, "backup.restored")
    assert said(file)[0] == 2


async def test_list_is_newest_first_in_pages_and_filtered(database: Database) -> None:
    store = AuditStore(database)
    for action in ("user.created", "user.banned", "key.activated"):
        await act(database, action, SYSTEM if action == "key.activated" else OPERATOR)
    first = await store.list_entries(AuditFilter(), None, 2)
    rest = await store.list_entries(AuditFilter(), first.next_cursor, 2)
    assert [entry.seq for entry in (*first.items, *rest.items)] == [3, 2, 1]
    assert rest.next_cursor is None
    for wanted, seqs in (
        (AuditFilter(action="user"), [2, 1]),
        (AuditFilter(action="user.created"), [1]),
        (AuditFilter(action="use"), []),
        (AuditFilter(actor="root"), [2, 1]),
        (AuditFilter(actor="system"), [3]),
        (AuditFilter(actor="0"), [2, 1]),
        (AuditFilter(since=samples.NOW + 1), []),
        (AuditFilter(since=samples.NOW, action="key"), [3]),
    ):
        assert [entry.seq for entry in (await store.list_entries(wanted, None, 50)).items] == seqs, wanted
    with pytest.raises(Invalid):
        await store.list_entries(AuditFilter(), "nonsense", 2)


async def cut(database: Database, count: int) -> None:
    """What somebody does who may write to the database and knows of the head row."""
    await database.fetch("DELETE FROM audit_entries WHERE seq > {}", count)
    (last,) = await AuditStore(database).entries_after(count - 1, 1)
    await database.fetch("UPDATE audit_head SET entries = {}, hash = {}", last.seq, last.hash)


def said(file: Path) -> tuple[int, str]:
    document = json.loads(file.read_text())
    return document["count"], document["hash"]


def say(file: Path, count: int, digest: str) -> None:
    file.write_text(json.dumps({"count": count, "hash": digest}))


def damage(file: Path) -> None:
    file.write_text("{")


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777
