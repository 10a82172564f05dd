"""`synctv room show` on a room that people watch."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

from tests.support.evening import Evening, evening
from tests.support.server import SYNCTV

DRIFTS_MS = (10, -40, 80)


async def show(night: Evening, *flags: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(*SYNCTV, "--data-dir", str(night.data), *flags, "room", "show", night.room),
        stdout=subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return out.decode()


async def test_the_operator_sees_how_far_the_viewers_of_a_room_are_from_it(tmp_path: Path) -> None:
    async with evening(tmp_path, guests=2) as night:
        assert json.loads(await show(night, "--json"))["result"]["drift"] is None
        assert "drift" not in await show(night)
        async with night.person(0) as one, night.person(1) as two, night.person(2) as three:
            report = {"type": "playback.report", "position": 0, "playing": True, "buffering": False}
            for person, drift_ms in zip((one, two, three), DRIFTS_MS, strict=True):
                client = await person.present()
                await client.send({**report, "revision": 0, "drift_ms": drift_ms})
                await client.send({"type": "time.ping", "t0": 1})
                await client.event("time.pong")
            drift = json.loads(await show(night, "--json"))["result"]["drift"]
            assert drift == {"viewers": 3, "p50_ms": 40.0, "p95_ms": 80.0}
            assert "p50 40 ms, p95 80 ms of 3 viewers" in await show(night)
        async with night.http(None) as http:
            page = (await http.get("/metrics")).text
    assert "synctv_playback_drift_seconds_count 3.0" in page
