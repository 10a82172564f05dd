"""Thirty viewers on long, unsteady lines in a room of others who are near."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from tests.load.findings import Outcome
from tests.load.readings import counted
from tests.load.seating import Scene, line, scene
from tests.support.crowd import Heard, crowd
from tests.support.proxy import Line, delaying

NEAR, FAR = 100, 30
DELAY_MS, JITTER_MS = 100, 50
LINES_PER_SECOND, SECONDS = 20, 15
WAY_MOST_MS = DELAY_MS + JITTER_MS + 25
"""A line of the near is for the far one way off; the rest is for the proxy's own turns."""


def jitter(folder: Path, scale: float) -> Outcome:
    """Nothing is lost or out of order over such lines, nobody is dropped, and the near ones notice nothing."""
    near, far = max(4, round(NEAR * scale)), max(2, round(FAR * scale))
    with scene(folder, viewers=near + far) as stage:
        return asyncio.run(_over_lines(folder, stage, near))


async def _over_lines(folder: Path, stage: Scene, near: int) -> Outcome:
    async with delaying(f"http://127.0.0.1:{stage.server.port}", Line(DELAY_MS, JITTER_MS)) as url:
        port = urlsplit(url).port
        assert port is not None
        return await asyncio.to_thread(_measure, folder, stage, near, port)


def _measure(folder: Path, stage: Scene, near: int, port: int) -> Outcome:
    outcome = Outcome()
    talk = f"rate {SECONDS} {LINES_PER_SECOND} 0 1 1"
    stage.viewers.open(0, near).require_whole("the near")
    with crowd(folder, port, stage.seats[near:], line()) as away:
        alone = stage.viewers.do(talk)
        come = away.open(0, away.size, at_once=away.size)
        away.beat(1_000)
        away.start(f"wait {SECONDS + 1}")
        beside = stage.viewers.do(talk)
        heard = away.answer()
    for each in (alone, come, beside):
        each.require_whole("jitter")
    _tell(outcome, alone, beside)
    outcome.found("far: last welcome", come.most_ms, "ms")
    outcome.found(
        "far: lines that did not come", LINES_PER_SECOND * SECONDS * away.size - heard.deliveries, most=0
    )
    outcome.found("far: gaps in the numbers", heard.gaps, most=0)
    outcome.found("far: delivery p50", heard.p50_ms, "ms")
    outcome.found("far: delivery p99", heard.p99_ms, "ms", most=WAY_MOST_MS)
    outcome.found("dropped as too slow", counted(stage.server, "synctv_outbox_dropped_total"), most=0)
    outcome.plot_delays(
        f"{LINES_PER_SECOND} lines a second, {DELAY_MS} ± {JITTER_MS} ms each way for {away.size}",
        {"far": heard.delays_ms, "near": beside.delays_ms, "near, without the far": alone.delays_ms},
    )
    return outcome


def _tell(outcome: Outcome, alone: Heard, beside: Heard) -> None:
    outcome.found("near: p50 without the far", alone.p50_ms, "ms")
    outcome.found("near: p50 with the far in the room", beside.p50_ms, "ms")
    outcome.found("near: p99 without the far", alone.p99_ms, "ms")
    outcome.found("near: p99 with the far in the room", beside.p99_ms, "ms")
