"""SIGTERM while people watch: a lead, a word to everybody, an answer to what has come, and nobody sees an error."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from tests.support.evening import Evening, evening
from tests.support.returning import Returning
from tests.support.waiting import eventually

GUESTS = 19
FILM_BYTES = 256 * 1_024 * 1_024
STOP_SECONDS_MOST = 8.0
"""The default of `server.drain_seconds` is 10: a lead of 1, a word of 2, requests of 3, and closing."""


async def test_the_ready_probe_says_503_while_people_still_watch_and_talk(tmp_path: Path) -> None:
    async with evening(tmp_path) as night, night.person(0) as ann, night.http(None) as probe:
        assert (await probe.get("/health/ready")).status_code == 200
        night.server.process.terminate()
        async with asyncio.timeout(5):
            while (await probe.get("/health/ready")).status_code == 200:
                pass
        client = await ann.present()
        assert (await client.command("chat.send", text="still here"))["type"] == "ack"
        assert (await probe.get("/health/ready")).json()["checks"]["draining"]["status"] == "fail"
        assert (await probe.get("/health/live")).status_code == 200
        assert await night.server.stop() == 0
        assert ann.closes == [4000]


async def test_a_stop_under_load_is_nothing_but_going_away_and_all_come_back(tmp_path: Path) -> None:
    said: dict[str, str] = {}
    async with evening(tmp_path, guests=GUESTS) as night, AsyncExitStack() as stack:
        people = [await stack.enter_async_context(night.person(n)) for n in range(GUESTS + 1)]
        work = [asyncio.create_task(talk(person, f"person{n}", said)) for n, person in enumerate(people)]
        await eventually(lambda: len(said) > 200, within_seconds=20)
        began = time.monotonic()
        night.server.process.terminate()
        assert await night.server.stop() == 0
        assert time.monotonic() - began < STOP_SECONDS_MOST
        assert [person.closes for person in people] == [[4000]] * len(people)
        spans = [person.away for person in people]
        assert all(len(span) == 1 and 0 <= span[0] <= 5_000 for span in spans)
        assert len({span[0] for span in spans}) > len(people) // 2
        await night.start()
        await eventually(lambda: all(is_back(person) for person in people), within_seconds=10)
        for task in work:
            task.cancel()
        assert not [done for done in await asyncio.gather(*work, return_exceptions=True) if is_fault(done)]
    for person in people:
        assert not person.errors
        assert "resumed_from" not in person.welcomes[1]
        assert person.welcomes[0]["epoch"] != person.welcomes[1]["epoch"]
        assert said.items() <= person.known.items()


async def talk(person: Returning, name: str, said: dict[str, str]) -> None:
    """Line after line, each sent again until it is acknowledged."""
    n = 0
    while True:
        n += 1
        text = f"{name} {n}"
        answer = await person.insist("chat.send", text=text, nonce=text)
        assert answer["type"] == "ack", answer
        said[answer["message_id"]] = text


def is_back(person: Returning) -> bool:
    """Welcomed again, and through with reading what was said meanwhile."""
    return len(person.welcomes) == 2 and person.client is not None


def is_fault(done: object) -> bool:
    return isinstance(done, Exception)


async def test_films_that_are_being_loaded_do_not_hold_a_stop(tmp_path: Path) -> None:
    async with evening(tmp_path) as night, AsyncExitStack() as stack:
        link = await put_on_the_shelf(night)
        loading = []
        for _ in range(2):
            http = await stack.enter_async_context(night.http(None))
            film = await stack.enter_async_context(http.stream("GET", link))
            assert film.status_code == 200
            loading.append(film.aiter_raw(1_024))
            assert await anext(loading[-1])
        began = time.monotonic()
        night.server.process.terminate()
        assert await night.server.stop() == 0
        assert time.monotonic() - began < STOP_SECONDS_MOST
    assert "Traceback" not in night.log.read_text()


async def put_on_the_shelf(night: Evening) -> str:
    """A long film of the library in the room; its signed link."""
    shelf = night.data / "media"
    shelf.mkdir(exist_ok=True)
    with (shelf / "long.mp4").open("wb") as film:
        film.write(b"\0\0\0\x10ftypisom\0\0\0\0")
        film.truncate(FILM_BYTES)
    item = await night.call("POST", f"/rooms/{night.room}/media", {"url": "library:long.mp4"})
    link: str = httpx.URL(night.url).join(item["play_url"]).raw_path.decode()
    return link
