"""Whatever somebody does to the audit log who may write to the database: it is found, with its kind and its place."""

from __future__ import annotations

import random

import pytest

from tests.services.audit.conftest import OPERATOR, Logbook
from tests.support.forger import Done, Forger

ENTRIES = 40
ALTERATIONS = 500


class Undo(Exception):
    """Leaves a transaction without keeping it."""


async def altered(log: Logbook, seed: int) -> str | None:
    """What is wrong with the verdict on one alteration, which is undone afterwards."""
    verdict: list[str | None] = []

    async def alter() -> None:
        async with log.database.transaction():
            done = await Forger(log.database, ENTRIES, random.Random(seed)).alter()
            verdict.append(await judged(log, done, seed))
            raise Undo

    with pytest.raises(Undo):
        await alter()
    return verdict[0]


async def judged(log: Logbook, done: Done, seed: int) -> str | None:
    found = await log.service.verify(OPERATOR)
    first = found.faults[0] if found.faults else None
    if first is not None and first.kind is done.kind and first.seq in done.places:
        return None
    return f"seed {seed}: {done} was found as {found.faults}"


@pytest.mark.timeout(300)
async def test_five_hundred_alterations_are_found_with_kind_and_place(log: Logbook) -> None:
    for _ in range(4):
        await log.write(ENTRIES // 4)
        await log.sign()
    assert (await log.service.verify(OPERATOR)).ok
    wrong = [fault for seed in range(ALTERATIONS) if (fault := await altered(log, seed))]
    assert wrong == []
    assert (await log.service.verify(OPERATOR)).ok
