"""Hours of evenings: people talk, report, leave, come back, and now and then one stops reading. Memory stays."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

from tests.load.findings import Outcome
from tests.load.readings import counted, spending
from tests.load.seating import Scene, scene
from tests.support.processes import resident_bytes

ROOMS, VIEWERS = 10, 20
ROUND_SECONDS, LINES_PER_SECOND, BEAT_MS = 5, 40, 5_000
LEAVERS = 10
WARM_UP_MINUTES = 10.0
"""The rings of the rooms hold five minutes, and the heap has its shape when they have been full for as long."""

GROWTH_MOST_MIB = 2.0


def soak(folder: Path, scale: float) -> Outcome:
    """Two minutes at scale 1, of which the last half counts."""
    return soak_for(folder, 2 * scale)


def soak_for(folder: Path, minutes: float) -> Outcome:
    """Resident memory over so many minutes; growth counts after the warm-up, ten minutes or half of the time."""
    outcome = Outcome()
    memory: list[tuple[float, float]] = []
    latest: list[tuple[float, float]] = []
    with scene(folder, rooms=ROOMS, viewers=VIEWERS) as stage:
        crowd, pid = stage.viewers, stage.server.pid
        crowd.open(0, crowd.size).require_whole("soak")
        crowd.beat(BEAT_MS)
        start = time.monotonic()
        with spending(pid) as spent:
            for number in count():
                latest.append(((time.monotonic() - start) / 60, _round(stage, number)))
                passed = (time.monotonic() - start) / 60
                memory.append((passed, resident_bytes(pid) / 1_048_576))
                if passed >= minutes:
                    break
        dropped = counted(stage.server, "synctv_outbox_dropped_total")
    settled = [mib for passed, mib in memory if passed >= min(WARM_UP_MINUTES, minutes / 2)]
    outcome.found("lasted", spent.seconds / 60, "min")
    outcome.found("memory after the warm-up", settled[0], "MiB")
    outcome.found("memory at the end", settled[-1], "MiB")
    # Before the rings are full memory has to grow.
    most = GROWTH_MOST_MIB if minutes > WARM_UP_MINUTES else None
    outcome.found("growth after the warm-up, last third against first", growth(settled), "MiB", most=most)
    outcome.found("of a core", spent.core_percent, "%")
    outcome.found("viewers dropped as too slow", dropped)
    outcome.plot("Resident memory of the server", "minutes", "MiB", {"soak": memory})
    outcome.plot("Delivery p99 in each round", "minutes", "ms", {"soak": latest})
    return outcome


def growth(readings: list[float]) -> float:
    """The mean of the last third less that of the first."""
    third = max(1, len(readings) // 3)
    return (sum(readings[-third:]) - sum(readings[:third])) / third


def _round(stage: Scene, number: int) -> float:
    """A few seconds of talk in every room; some leave and come back, and every tenth time one stops reading."""
    crowd = stage.viewers
    first = number * LEAVERS % crowd.size
    crowd.drop(first, LEAVERS)
    crowd.open(first, LEAVERS, at_once=LEAVERS).require_whole("soak")
    if number % 10 == 3:
        crowd.stop((first + 7) % crowd.size)
    heard = crowd.rate(ROUND_SECONDS, LINES_PER_SECOND, step=VIEWERS, speakers=ROOMS)
    heard.require_whole("soak")
    return heard.p99_ms
