"""The audit log checked: its checkpoints, the files beside it, and how it goes on after a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synctv_server.domain.audit import EMPTY, Deed
from synctv_server.domain.audit_faults import FaultKind
from synctv_server.domain.errors import Forbidden, Unavailable
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.domain.times import DAY, MINUTE
from synctv_server.services.audit import CHECKPOINT_ROWS
from tests.services.audit.conftest import OPERATOR, Logbook


async def test_empty_log_holds(log: Logbook) -> None:
    found = await log.service.verify(OPERATOR)
    assert (found.ok, found.entries, found.head) == (True, 0, EMPTY)


async def test_log_is_for_administrators_alone(log: Logbook) -> None:
    ann = Actor(ActorKind.USER, "ann")
    for asked in (log.service.verify(ann), log.service.accept(ann), log.service.proof(ann)):
        with pytest.raises(Forbidden):
            await asked


async def test_checkpoint_is_signed_after_five_minutes_or_a_thousand_entries(log: Logbook) -> None:
    await log.write(3)
    await log.service.checkpoint()
    assert counts(await journal(log)) == [3]
    await log.write(2)
    await log.service.checkpoint()
    assert counts(await journal(log)) == [3]
    log.clock.moment += 5 * MINUTE
    await log.service.checkpoint()
    await log.service.checkpoint()
    assert counts(await journal(log)) == [3, 5]
    async with log.database.transaction(durable=True) as transaction:
        (entry, *_) = await log.entries()
        for _ in range(CHECKPOINT_ROWS):
            transaction.audit(entry.actor, deed())
    await log.service.checkpoint()
    assert counts(await journal(log)) == [3, 5, 5 + CHECKPOINT_ROWS]
    found = await log.service.verify(OPERATOR)
    assert (found.ok, found.checkpoints, found.entries) == (True, 3, 1_005)


async def test_checkpoints_of_a_key_that_has_gone_still_count(log: Logbook) -> None:
    await log.write(3)
    await log.sign()
    await log.turn_key()
    await log.write(3)
    await log.sign()
    found = await log.service.verify(OPERATOR)
    assert (found.ok, found.checkpoints) == (True, 2)
    assert sum("key" in line for line in lines(log.journal_file)) == 2


async def test_checkpoint_by_a_foreign_key_is_a_fault(log: Logbook) -> None:
    await log.write(3)
    await log.sign()
    changed = [{**line, "hash": "f" * 64} if "jws" in line else line for line in lines(log.journal_file)]
    write_lines(log.journal_file, changed)
    found = await log.service.verify(OPERATOR)
    assert [fault.kind for fault in found.faults] == [FaultKind.CHECKPOINT]


async def test_line_that_a_crash_left_unfinished_is_passed_over(log: Logbook) -> None:
    await log.write(3)
    await log.sign()
    tear(log.journal_file)
    await log.write(3)
    await log.sign()
    found = await log.service.verify(OPERATOR)
    assert found.ok
    assert counts(await journal(log)) == [6]


async def test_log_that_does_not_hold_is_not_signed(log: Logbook, caplog: pytest.LogCaptureFixture) -> None:
    await log.write(5)
    await log.database.fetch("UPDATE audit_entries SET action = 'user.created' WHERE seq = 2")
    await log.service.checkpoint()
    assert counts(await journal(log)) == []
    assert "does not hold" in caplog.text


async def test_cut_log_takes_no_entry_until_the_fault_is_written_into_it(log: Logbook) -> None:
    await log.write(6)
    await log.sign()
    await log.write(2)
    await cut(log, 4)
    with pytest.raises(Unavailable):
        await log.write()
    found = await log.service.verify(OPERATOR)
    assert [(fault.kind, fault.seq, fault.until) for fault in found.faults] == [(FaultKind.TRUNCATE, 5, 8)]
    after = await log.service.accept(OPERATOR)
    assert after.ok
    assert [dict(fault) for fault in after.accepted] == [{"kind": "truncate", "seq": 5, "until": 8}]
    await log.write(5)
    await log.sign()
    again = await log.service.verify(OPERATOR)
    assert (again.ok, again.entries) == (True, 10)
    assert [entry.action for entry in await log.entries()][4] == "audit.accepted"
    assert json.loads(read(log.head_file))["count"] == 10


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'user.created' WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 3",
        "DELETE FROM audit_entries WHERE seq > 3",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET entries = 2",
        "UPDATE audit_head SET hash = 'ff'",
    ],
)
async def test_every_fault_can_be_accepted_once_and_shows_when_it_is_changed_again(
    log: Logbook, statement: str
) -> None:
    await log.write(5)
    await log.sign()
    await log.database.fetch(statement)
    assert not (await log.service.verify(OPERATOR)).ok
    assert (await log.service.accept(OPERATOR)).ok
    await log.write(3)
    found = await log.service.verify(OPERATOR)
    assert found.ok
    assert found.accepted
    await log.database.fetch(
        "UPDATE audit_entries SET address = 'x' WHERE seq = (SELECT MIN(seq) FROM audit_entries)"
    )
    assert not (await log.service.verify(OPERATOR)).ok


async def test_old_entries_are_pruned_to_a_signed_checkpoint_and_the_rest_holds(log: Logbook) -> None:
    await log.write(4)
    await log.sign()
    await log.write(3)
    log.clock.moment += 30 * DAY
    await log.write(3)
    await log.sign()
    for days in (0, 31):
        await log.service.prune(days)
        assert len(await log.entries()) == 10
    await log.service.prune(10)
    entries = await log.entries()
    assert [entry.seq for entry in entries] == [5, 6, 7, 8, 9, 10, 11]
    assert entries[-1].action == "audit.pruned"
    assert (await log.service.verify(OPERATOR)).ok
    log.clock.moment += 30 * DAY
    await log.sign()
    await log.service.prune(10)
    assert [entry.seq for entry in await log.entries()] == [11, 12]
    await log.write(2)
    await log.sign()
    found = await log.service.verify(OPERATOR)
    assert (found.ok, found.entries) == (True, 4)


async def test_entries_that_are_gone_without_having_been_pruned_are_a_fault(log: Logbook) -> None:
    await log.write(4)
    await log.sign()
    await log.write(4)
    await log.database.fetch("DELETE FROM audit_entries WHERE seq <= 4")
    found = await log.service.verify(OPERATOR)
    assert [(fault.kind, fault.seq, fault.until) for fault in found.faults] == [(FaultKind.DELETE, 1, 4)]


async def test_pruned_log_that_is_cut_further_is_a_fault(log: Logbook) -> None:
    await log.write(4)
    await log.sign()
    log.clock.moment += 30 * DAY
    await log.service.prune(10)
    await log.write(4)
    await log.database.fetch("DELETE FROM audit_entries WHERE seq <= 6")
    assert not (await log.service.verify(OPERATOR)).ok


async def test_log_that_does_not_hold_is_not_pruned(log: Logbook) -> None:
    await log.write(4)
    await log.sign()
    await log.database.fetch("UPDATE audit_entries SET action = 'user.created' WHERE seq = 2")
    log.clock.moment += 30 * DAY
    await log.service.prune(10)
    assert len(await log.entries()) == 4


async def test_accepting_what_holds_writes_nothing(log: Logbook) -> None:
    await log.write(3)
    assert (await log.service.accept(OPERATOR)).entries == 3


async def test_acceptance_that_nobody_signed_counts_for_nothing(log: Logbook) -> None:
    await log.write(5)
    await log.database.fetch("UPDATE audit_entries SET action = 'user.created' WHERE seq = 2")
    await log.service.accept(OPERATOR)
    (*_, entry) = await log.entries()
    forged = entry.details.replace('"kind":"edit"', '"kind":"insert"')
    await log.database.fetch("UPDATE audit_entries SET details = {} WHERE seq = {}", forged, entry.seq)
    found = await log.service.verify(OPERATOR)
    assert {fault.seq for fault in found.faults} == {2, entry.seq} or not found.ok


@pytest.mark.parametrize("text", ["{", '{"count": 3, "hash": "ff"}'])
async def test_file_that_says_something_else_is_a_fault(log: Logbook, text: str) -> None:
    await log.write(3)
    log.head_file.write_text(text)
    found = await log.service.verify(OPERATOR)
    assert [fault.kind for fault in found.faults] == [FaultKind.HEAD]
    assert (await log.service.accept(OPERATOR)).ok


def deed() -> Deed:
    return Deed("user.banned")


async def journal(log: Logbook) -> list[dict[str, object]]:
    return lines(log.journal_file)


def counts(found: list[dict[str, object]]) -> list[object]:
    return [line["count"] for line in found if "count" in line]


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in read(file).splitlines() if line.endswith("}")]


def write_lines(file: Path, documents: list[dict[str, object]]) -> None:
    file.write_text("".join(f"{json.dumps(document)}\n" for document in documents))


def read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def tear(file: Path) -> None:
    """As if the machine had stopped in the middle of the last line."""
    file.write_text(read(file)[:-20])


async def cut(log: Logbook, count: int) -> None:
    entries = await log.entries()
    await log.database.fetch("DELETE FROM audit_entries WHERE seq > {}", count)
    await log.database.fetch("UPDATE audit_head SET entries = {}, hash = {}", count, entries[count - 1].hash)
