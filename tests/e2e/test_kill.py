"""SIGKILL at any moment: what was acknowledged is there, and everybody is back by themselves.

`SYNCTV_KILLS=100 python -m pytest tests/e2e/test_kill.py` kills more often, with as many seeds.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.evening import Evening, evening
from tests.support.processes import KILLS
from tests.support.returning import Returning, messages
from tests.support.waiting import eventually

PEOPLE = 3
BACK_SECONDS = 3.0


class Witness:
    """What the people of the evening were promised."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.played: dict[int, tuple[str, Any]] = {}
        self.kept: dict[str, str] = {}
        """The history as far as it was looked at."""

    async def talk(self, person: Returning, name: str) -> None:
        """Line after line, each sent again until it is acknowledged."""
        n = 0
        while True:
            n += 1
            text = f"{name} {n}"
            answer = await person.insist("chat.send", text=text, nonce=text)
            assert answer["type"] == "ack", answer
            self.said[answer["message_id"]] = text

    async def play(self, person: Returning, rng: random.Random) -> None:
        """Seek, pause and play."""
        while True:
            kind, value = rng.choice([("seek", rng.uniform(0, 5_000)), ("pause", None), ("play", None)])
            fields = {} if value is None else {"position": value}
            answer = await person.insist(f"playback.{kind}", **fields)
            assert answer["type"] == "ack", answer
            if "seq" in answer:
                self.played[answer["revision"]] = (kind, value)


@pytest.mark.timeout(60 + 15 * KILLS)
async def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    witness = Witness()
    async with evening(tmp_path, guests=PEOPLE - 1) as night, AsyncExitStack() as stack:
        people = [await stack.enter_async_context(night.person(n)) for n in range(PEOPLE)]
        await people[0].insist("playback.load", media_id=night.film)
        work = [asyncio.create_task(witness.talk(person, f"person{n}")) for n, person in enumerate(people)]
        work.append(asyncio.create_task(witness.play(people[0], random.Random(0))))
        slowest = 0.0
        for seed in range(KILLS):
            slowest = max(slowest, await kill_and_start(night, people, random.Random(seed)))
            assert not [task for task in work if task.done()], work
            await look_at_what_was_kept(night, witness)
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        witness.kept.clear()
        await look_at_what_was_kept(night, witness)
        assert slowest < BACK_SECONDS
        assert len(witness.said) > KILLS
        assert len(witness.played) > KILLS
    for person in people:
        assert not person.errors
        assert witness.said.items() <= person.known.items()
        assert len(person.welcomes) > KILLS
        assert len({welcome["epoch"] for welcome in person.welcomes}) > KILLS


async def kill_and_start(night: Evening, people: list[Returning], rng: random.Random) -> float:
    """Kill the server at a moment of the generator's choice; how long after the new one answers all are back."""
    process = night.server.process
    asyncio.get_running_loop().call_later(rng.uniform(0.02, 0.4), process.kill)
    await process.wait()
    epochs = [person.welcomes[-1]["epoch"] for person in people]
    await night.start()
    began = time.monotonic()
    await eventually(
        lambda: all(p.welcomes[-1]["epoch"] != old for p, old in zip(people, epochs, strict=True)),
        within_seconds=10,
    )
    for person in people:
        assert "resumed_from" not in person.welcomes[-1]
    return time.monotonic() - began


async def look_at_what_was_kept(night: Evening, witness: Witness) -> None:
    """Every acknowledged line is in the history, once; the state is the one of its revision.

    Reads what is new since the last look: the whole evening again after each kill takes longer than the evening.
    """
    promised = dict(witness.said)
    revision = max(witness.played, default=0)
    state = await night.call("GET", f"/rooms/{night.room}/playback")
    last = max(witness.kept, default="")
    async with night.http() as http:
        async for message in messages(http, night.room):
            if message["id"] <= last:
                break
            assert message["id"] not in witness.kept
            witness.kept[message["id"]] = message["text"]
    texts = list(witness.kept.values())
    assert len(set(texts)) == len(texts)
    assert promised.items() <= witness.kept.items()
    assert state["revision"] >= revision
    kind, value = witness.played.get(state["revision"], ("", None))
    if kind == "seek":
        assert state["position"] == pytest.approx(value)
    elif kind:
        assert state["playing"] == (kind == "play")


def rewrite(data: Path, statement: str, *values: object) -> None:
    """What a clock would have done, on the rows of a server that does not run."""
    with closing(sqlite3.connect(data / "synctv.db", isolation_level=None)) as database:
        assert database.execute(statement, values).rowcount == 1


@pytest.mark.parametrize(("outage_seconds", "plays_on"), [(50, True), (70, False)])
async def test_a_room_plays_on_after_a_short_outage_and_is_held_after_a_long_one(
    tmp_path: Path, outage_seconds: int, plays_on: bool
) -> None:
    async with evening(tmp_path) as night:
        await night.call("POST", f"/rooms/{night.room}/playback/load", {"media_id": night.film})
        await night.kill()
        now = round(time.time() * 1_000)
        alive, began = now - outage_seconds * 1_000, now - 600_000
        rewrite(night.data, "UPDATE playback SET last_alive_at = ?, effective_at = ?", alive, began)
        await night.start()
        state = await night.call("GET", f"/rooms/{night.room}/playback")
    assert state["playing"] is plays_on
    if plays_on:
        assert (state["position"], state["effective_at"]) == (0, began)
    else:
        assert state["position"] == pytest.approx(600 - outage_seconds)
