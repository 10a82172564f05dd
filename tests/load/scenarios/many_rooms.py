"""Ten thousand connections that mostly stand there, in five hundred rooms, on one core."""

from __future__ import annotations

from pathlib import Path

from tests.load.findings import Outcome
from tests.load.readings import spending
from tests.load.seating import scene

ROOMS, VIEWERS = 500, 20
IDLE_SECONDS, TALKING_SECONDS = 30, 20
AT_ONCE = 100


def many_rooms(folder: Path, scale: float) -> Outcome:
    """Memory of a connection, CPU of the pings, and the delay of one line a second in every room."""
    outcome = Outcome()
    rooms = max(2, round(ROOMS * scale))
    with scene(folder, rooms=rooms, viewers=VIEWERS) as stage:
        crowd, pid = stage.viewers, stage.server.pid
        with spending(pid) as standing:
            with spending(pid) as coming:
                come = crowd.open(0, crowd.size, at_once=AT_ONCE)
            come.require_whole("many rooms")
            crowd.wait(2)
        with spending(pid) as idle:
            crowd.wait(IDLE_SECONDS)
        with spending(pid) as talking:
            heard = crowd.rate(TALKING_SECONDS, rooms, step=VIEWERS, speakers=rooms)
        heard.require_whole("many rooms")
    outcome.found("connections held", heard.open)
    outcome.found("came in", come.open / come.seconds, "/s")
    outcome.found("CPU from handshake to welcome", 1e6 * coming.cpu_seconds / come.open, "µs", most=1_000)
    outcome.found("memory of a connection", standing.grown_kib / come.open, "KiB", most=18)
    outcome.found("idle, with pings every 15 s: of a core", idle.core_percent, "%", most=5)
    outcome.found(f"a line a second in each of {rooms} rooms: of a core", talking.core_percent, "%")
    outcome.found("delivery p50", heard.p50_ms, "ms")
    outcome.found("delivery p99", heard.p99_ms, "ms", most=250)
    outcome.found("delivery, the latest", heard.most_ms, "ms")
    outcome.plot_delays(
        f"A line a second in each of {rooms} rooms, {come.open} viewers", {"lines": heard.delays_ms}
    )
    return outcome
