"""What runs by the clock: what has expired is cleared, and a job that fails stops no other."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from synctv_server.domain.errors import Unavailable
from synctv_server.domain.sessions import Client
from synctv_server.domain.times import DAY, MINUTE, Millis
from synctv_server.jobs import Job, Jobs
from synctv_server.upkeep.backup.verifying import verify
from tests.support.doors import OPERATOR, opened, reopened


class Clock:
    moment: Millis = 1_790_000_000_000

    def __call__(self) -> Millis:
        return self.moment


async def test_what_has_expired_is_cleared_and_counted(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock=clock) as house:
        ann = await house.person("ann")
        await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "public"}, idempotency_key="k")
        await house.operator().ok("POST", "/admin/invitations", {"expires_in": 60})
        jobs, metrics = house.application.jobs, house.application.metrics
        await jobs.run_once()
        assert 'synctv_expired_total{noun="sessions"} 0.0' in metrics.render().decode()
        clock.moment += 32 * DAY
        await jobs.run_once()
        page = metrics.render().decode()
        for noun in ("sessions", "invitations", "answers"):
            assert f'synctv_expired_total{{noun="{noun}"}} 1.0' in page
        assert "synctv_signing_key_age_seconds{kid=" in page


async def test_a_room_that_plays_to_nobody_is_paused_after_a_minute(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock=clock) as house:
        ann = await house.person("ann")
        room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
        film = await ann.ok("POST", f"/rooms/{room['id']}/media", {"url": "https://films.example/a.mp4"})
        await ann.ok("POST", f"/rooms/{room['id']}/playback/load", {"media_id": film["id"]})
        await house.application.jobs.run_once()
        assert (await ann.ok("GET", f"/rooms/{room['id']}/playback"))["playing"] is True
        clock.moment += 2 * MINUTE
        await house.application.jobs.run_once()
        assert (await ann.ok("GET", f"/rooms/{room['id']}/playback"))["playing"] is False


async def test_a_room_that_played_through_an_outage_comes_back_paused(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock=clock) as house:
        ann = await house.person("ann")
        room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
        film = await ann.ok("POST", f"/rooms/{room['id']}/media", {"url": "https://films.example/a.mp4"})
        await ann.ok("POST", f"/rooms/{room['id']}/playback/load", {"media_id": film["id"]})
    clock.moment += 10 * MINUTE
    async with reopened(tmp_path, clock) as again:
        parts = again.application.parts
        signed_in = await parts.sessions.open(await parts.users.get(OPERATOR, "ann"), Client("192.0.2.1"))
        client = again.client(Authorization=f"Bearer {signed_in.access_token}")
        playback = (await client.get(f"/api/v1/rooms/{room['id']}/playback")).json()
        assert playback["playing"] is False
        assert playback["position"] < 1


async def test_a_job_that_fails_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []
    faults: list[None] = []
    both = asyncio.Event()

    async def away() -> None:
        ran.append("away")
        raise Unavailable("the database is away")

    async def broken() -> None:
        ran.append("broken")
        raise RuntimeError("a bug")

    async def well() -> None:
        ran.append("well")
        if ran.count("well") == 2 and {"away", "broken"} <= set(ran):
            both.set()

    jobs = Jobs(
        [Job("a", 0.01, away), Job("b", 0.01, broken), Job("c", 0.01, well)], lambda: faults.append(None)
    )
    with caplog.at_level(logging.WARNING):
        running = asyncio.create_task(jobs.run())
        try:
            async with asyncio.timeout(5):
                await both.wait()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert faults
    assert "the database is away" in caplog.text
    assert "a bug" in caplog.text


async def test_backups_are_made_when_due_and_old_ones_removed(tmp_path: Path) -> None:
    clock = Clock()
    folder = tmp_path / "data" / "backups"
    async with opened(tmp_path, clock=clock) as house:
        for _ in range(3):
            await house.application.jobs.run_once()
        assert len(list(folder.iterdir())) == 1
        clock.moment += DAY - MINUTE
        await house.application.jobs.run_once()
        assert len(list(folder.iterdir())) == 1
        for _ in range(8):
            clock.moment += DAY
            await house.application.jobs.run_once()
        names = sorted(path.name for path in folder.iterdir())
        assert len(names) == 7
        assert (await verify(folder / names[0])).ok
        entries = (await house.operator().ok("GET", "/admin/audit"))["items"]
        assert {"backup.created", "backup.pruned"} <= {entry["action"] for entry in entries}
