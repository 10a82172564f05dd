"""A full room talks: as in an evening, as at a goal, and faster than anybody reads."""

from __future__ import annotations

from pathlib import Path

from tests.load.findings import Outcome
from tests.load.readings import spending
from tests.load.seating import scene

VIEWERS, SECONDS = 200, 10
RATES = (10, 100, 300)
SPEAKERS = 50
GOALS_MS = {10: (1.5, 4.0)}


def storm(folder: Path, scale: float) -> Outcome:
    """Delay and CPU of a delivery at three paces of chat; everything that is said is heard by everybody, in order."""
    outcome = Outcome()
    viewers = max(20, round(VIEWERS * scale))
    speakers = min(SPEAKERS, viewers)
    delays = {}
    with scene(folder, viewers=viewers) as stage:
        stage.viewers.open(0, viewers).require_whole("storm")
        stage.viewers.wait(1)
        for rate in RATES:
            with spending(stage.server.pid) as spent:
                heard = stage.viewers.rate(max(1, SECONDS * scale), rate, speakers=speakers)
            heard.require_whole(f"{rate} lines a second")
            p50, p99 = GOALS_MS.get(rate, (None, None))
            outcome.found(f"{rate}/s: delivery p50", heard.p50_ms, "ms", most=p50)
            outcome.found(f"{rate}/s: delivery p99", heard.p99_ms, "ms", most=p99)
            outcome.found(f"{rate}/s: CPU of a delivery", 1e6 * spent.cpu_seconds / heard.deliveries, "µs")
            outcome.found(f"{rate}/s: of a core", spent.core_percent, "%")
            delays[f"{rate} lines a second"] = heard.delays_ms
    outcome.plot_delays(f"A line of chat to {viewers} viewers", delays)
    return outcome
