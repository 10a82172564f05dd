"""A disk that is full, and one that is slow: who writes is told, everybody else goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.support.client import Frame, RoomClient
from tests.support.evening import Evening, evening
from tests.support.returning import messages
from tests.support.small_disk import fill, small_disk

DISK_MEGABYTES = 16
LINES_MOST = 5_000
REPORT = {"type": "playback.report", "position": 0, "playing": True, "revision": 0, "drift_ms": 0}
AT_ONCE_SECONDS = 1.0
HELD_SECONDS = 2.0


async def test_a_full_disk_refuses_what_cannot_be_kept_and_recovers_when_there_is_room(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    through = small_disk(disk, DISK_MEGABYTES)
    said: dict[str, str] = {}
    async with evening(disk, guests=2, through=through) as night:
        async with night.person(0) as one, night.person(1) as two:
            ann, ben = await one.present(), await two.present()
            ballast = fill(night.server.data_dir)
            refused = await talk_until_refused(ann, said)
            assert (refused["code"], refused["retry_after"] > 0) == ("unavailable", True)
            assert "disk" in refused["message"]
            await goes_on(night, ann, ben)
            assert (await ann.command("playback.load", media_id=night.film))["code"] == "unavailable"
            ballast.unlink()
            await keeps_again(night, ann, ben, said)
            assert one.welcomes[1:] == two.welcomes[1:] == []
        async with night.http() as http:
            kept = {message["id"]: message["text"] async for message in messages(http, night.room)}
        assert kept == said
    assert "Traceback" not in night.log.read_text()


async def talk_until_refused(client: RoomClient, said: dict[str, str]) -> Frame:
    """The first error. The files of the database have some room in themselves, so it comes after a while."""
    for n in range(LINES_MOST):
        text = f"{n} ".ljust(500, "x")
        answer = await client.command("chat.send", text=text, nonce=str(n))
        if answer["type"] == "error":
            return answer
        said[answer["message_id"]] = text
    raise AssertionError("the disk was never full")


async def goes_on(night: Evening, ann: RoomClient, ben: RoomClient) -> None:
    """All that needs no room on the disk."""
    await ann.send({"type": "time.ping", "t0": 1})
    await ann.event("time.pong")
    await ann.send({**REPORT, "buffering": True})
    await ben.event("member.status")
    assert (await night.call("GET", f"/rooms/{night.room}/playback"))["revision"] == 0
    async with night.person(2) as late:
        assert late.welcomes[0]["room"]["id"] == night.room
        await ben.until(lambda: len(ben.present) == 3)
    async with night.http(None) as probe:
        assert (await probe.get("/health/live")).status_code == 200
        ready = (await probe.get("/health/ready")).json()
        assert ready["checks"]["disk"]["status"] == "fail"


async def keeps_again(night: Evening, ann: RoomClient, ben: RoomClient, said: dict[str, str]) -> None:
    answer = await ann.ok("chat.send", text="room again")
    said[answer["message_id"]] = "room again"
    loaded = await ann.ok("playback.load", media_id=night.film)
    await ben.until(lambda: ben.playback["revision"] == loaded["revision"])


async def test_a_commit_that_takes_two_seconds_holds_nobody_else_up(tmp_path: Path) -> None:
    async with evening(tmp_path, guests=2) as night, night.person(0) as one, night.person(1) as two:
        ann, ben = await one.present(), await two.present()
        with closing(sqlite3.connect(night.data / "synctv.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            waiting = asyncio.create_task(ann.command("chat.send", text="in a while"))
            rounds = 0
            while time.monotonic() - began < HELD_SECONDS:
                rounds += 1
                await is_told_at_once(ann, ben, rounds)
            async with asyncio.timeout(AT_ONCE_SECONDS), night.person(2):
                await ben.until(lambda: len(ben.present) == 3)
            assert not waiting.done()
            other.execute("ROLLBACK")
        assert (await waiting)["type"] == "ack"
        await ben.event("chat.sent")


async def is_told_at_once(ann: RoomClient, ben: RoomClient, n: int) -> None:
    """A report of ann's comes to ben, and her clock is answered, while her own line waits for the disk."""
    async with asyncio.timeout(AT_ONCE_SECONDS + 1):  # reports are told once a second
        await ann.send({"type": "time.ping", "t0": n})
        await ann.event("time.pong", lambda frame: frame["t0"] == n)
        await ann.send({**REPORT, "buffering": bool(n % 2)})
        await ben.until(lambda: count_statuses(ben) >= n)


def count_statuses(client: RoomClient) -> int:
    return sum(frame["type"] == "member.status" for frame in client.frames)
