"""Two thousand in one room, and two people in another who must not notice."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.fanout.servers import c_loop
from tests.load.findings import Outcome
from tests.load.readings import spending
from tests.load.seating import Scene, line, scene, seated
from tests.support.crowd import Crowd, Heard, Seat, crowd

VIEWERS, LINES = 2_000, 150
BIG_PER_SECOND, SMALL_PER_SECOND, SECONDS = 5, 50, 10


def full_house(folder: Path, scale: float) -> Outcome:
    """CPU of a delivery against a C loop of `send`, at full speed and paced; what the other room waits."""
    outcome = Outcome()
    viewers = max(40, round(VIEWERS * scale))
    with scene(folder, viewers=viewers, limits={"connections_per_room": viewers}) as stage:
        stage.viewers.open(0, viewers).require_whole("full house")
        stage.viewers.wait(1)
        frame_bytes = _line_bytes(stage.viewers)
        _against_c(outcome, stage, folder, frame_bytes)
        _beside(outcome, stage, folder)
    return outcome


def _against_c(outcome: Outcome, stage: Scene, folder: Path, frame_bytes: int) -> None:
    for pace, command in (
        ("saturated", f"rounds {LINES} 1"),
        ("paced", f"rate {SECONDS} {BIG_PER_SECOND} 0 1 1"),
    ):
        before = _c_loop(folder, stage.viewers.size, command, frame_bytes)
        ours, heard = _cost(stage.server.pid, stage.viewers, command)
        after = _c_loop(folder, stage.viewers.size, command, frame_bytes)
        limit = (before + after) / 2
        outcome.found(f"{pace}: CPU of a delivery", ours, "µs")
        outcome.found(f"{pace}: of the C loop", limit, "µs")
        outcome.found(f"{pace}: ratio", ours / limit, "x", most=1.4)
        outcome.found(f"{pace}: delivery p50", heard.p50_ms, "ms")
        outcome.found(f"{pace}: delivery p99", heard.p99_ms, "ms")


def _beside(outcome: Outcome, stage: Scene, folder: Path) -> None:
    """The small room's viewers run before the others on their core: what they wait is the server's doing."""
    seats = seated(stage.server, 1, 2)
    with crowd(folder, stage.server.port, seats, line(), goes_first=True) as pair:
        pair.open(0, 2).require_whole("the small room")
        pair.wait(1)
        talk = f"rate {SECONDS} {SMALL_PER_SECOND} 0 1 1"
        quiet = pair.do(talk)
        stage.viewers.start(f"rate {SECONDS + 1} {BIG_PER_SECOND} 0 1 1")
        time.sleep(0.3)
        beside = pair.do(talk)
        stage.viewers.answer().require_whole("the full house")
    for heard in (quiet, beside):
        heard.require_whole("the small room")
    outcome.found("small room alone: p50", quiet.p50_ms, "ms")
    outcome.found("small room alone: p99", quiet.p99_ms, "ms")
    outcome.found("small room beside the full house: p99", beside.p99_ms, "ms")
    outcome.found("small room beside the full house: most", beside.most_ms, "ms")
    outcome.found("wait for the full house: p99", beside.p99_ms - quiet.p50_ms, "ms", most=5)
    outcome.plot_delays(
        "A line in the small room", {"alone": quiet.delays_ms, "beside the full house": beside.delays_ms}
    )


def _line_bytes(viewers: Crowd) -> int:
    heard = viewers.rounds(5, 1)
    return round(heard.bytes / heard.deliveries)


def _cost(pid: int, viewers: Crowd, command: str) -> tuple[float, Heard]:
    with spending(pid) as spent:
        heard = viewers.do(command)
    heard.require_whole(command)
    return 1e6 * spent.cpu_seconds / heard.deliveries, heard


def _c_loop(folder: Path, viewers: int, command: str, frame_bytes: int) -> float:
    with c_loop(folder, frame_bytes) as target:
        seats = [Seat(0, "/")] * viewers
        with crowd(folder, target.port, seats, line(), is_greeted=False) as come:
            come.open(0, viewers).require_whole("the C loop")
            return _cost(target.pid, come, command)[0]
