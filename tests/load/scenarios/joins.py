"""Viewers come, fifty at a time, until five rooms are full."""

from __future__ import annotations

from pathlib import Path

from tests.load.findings import Outcome
from tests.load.readings import spending
from tests.load.seating import scene

ROOMS, VIEWERS, AT_ONCE = 5, 200, 50


def joins(folder: Path, scale: float) -> Outcome:
    """What a connection costs from handshake to welcome, how long it takes, and what it holds when idle."""
    outcome = Outcome()
    viewers = max(10, round(VIEWERS * scale))
    with scene(folder, rooms=ROOMS, viewers=viewers) as stage:
        crowd, pid = stage.viewers, stage.server.pid
        with spending(pid) as standing:
            with spending(pid) as coming:
                come = crowd.open(0, crowd.size, at_once=AT_ONCE)
            come.require_whole("joins")
            crowd.wait(1)
        outcome.found("viewers", come.open)
        outcome.found("came in", come.open / come.seconds, "/s")
        outcome.found("CPU from handshake to welcome", 1e6 * coming.cpu_seconds / come.open, "µs", most=1_000)
        outcome.found("welcome p50", come.p50_ms, "ms")
        outcome.found("welcome p99", come.p99_ms, "ms")
        outcome.found("memory of an idle connection", standing.grown_kib / come.open, "KiB", most=18)
        outcome.plot_delays("Handshake to welcome", {f"{AT_ONCE} at once": come.delays_ms})
    return outcome
