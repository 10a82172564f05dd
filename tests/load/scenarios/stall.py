"""One viewer stops reading. The others must not notice, and it must be gone in time."""

from __future__ import annotations

import time
from pathlib import Path

from tests.load.findings import Outcome
from tests.load.readings import counted, spending
from tests.load.seating import Scene, line, scene
from tests.support.crowd import Heard

VIEWERS, LINES_PER_SECOND, SECONDS = 200, 100, 10
LINE_CHARACTERS = 400  # 1.2 KB each: the kernel's buffers are full within two seconds
DEADLINE_SECONDS = 9
"""2 s until the kernel is full, the 5 s of `limits.send_timeout_seconds`, and two ticks of the rooms' clock."""


def stall(folder: Path, scale: float) -> Outcome:
    """Delays of the others with and without the stalled one; when it is dropped, and what it held meanwhile."""
    outcome = Outcome()
    viewers = max(20, round(VIEWERS * scale))
    with scene(folder, viewers=viewers, say=line(LINE_CHARACTERS)) as stage:
        crowd = stage.viewers
        crowd.open(0, viewers).require_whole("stall")
        _talk(stage, "before")  # warms up
        before, _ = _talk(stage, "before")
        with spending(stage.server.pid) as spent:
            crowd.stop(viewers - 1)
            during, dropped_after = _talk(stage, "during")
        after, _ = _talk(stage, "after")
        crowd.go(viewers - 1)
        closed = crowd.wait(1).closed
    quiet = (before.p99_ms + after.p99_ms) / 2
    outcome.found("p99 without, before", before.p99_ms, "ms")
    outcome.found("p99 of the others with one stalled", during.p99_ms, "ms")
    outcome.found("p99 without, after", after.p99_ms, "ms")
    outcome.found("p99 with / without", during.p99_ms / quiet, "x", most=1.25)
    outcome.found("from the stop to the drop", dropped_after, "s", most=DEADLINE_SECONDS)
    outcome.found("memory gained meanwhile", spent.grown_kib / 1_024, "MiB", most=4)
    outcome.found("closed with 4001, as it reads again", closed.get(4001, 0))
    outcome.plot_delays(
        f"{LINES_PER_SECOND} lines a second to {viewers} viewers",
        {"before": before.delays_ms, "one stalled": during.delays_ms, "after": after.delays_ms},
    )
    return outcome


def _talk(stage: Scene, what: str) -> tuple[Heard, float]:
    """One phase, and after how many seconds of it somebody was dropped; infinite where nobody was."""
    start = time.monotonic()
    had, dropped_after = counted(stage.server, "synctv_outbox_dropped_total"), float("inf")
    stage.viewers.start(f"rate {SECONDS} {LINES_PER_SECOND} 0 1 10")
    while time.monotonic() < start + SECONDS:
        if dropped_after == float("inf") and counted(stage.server, "synctv_outbox_dropped_total") > had:
            dropped_after = time.monotonic() - start
        time.sleep(0.1)
    heard = stage.viewers.answer()
    heard.require_whole(what)
    return heard, dropped_after
