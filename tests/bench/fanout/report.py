"""The order of the measurements, and the table that they end in."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.bench.fanout.measure import Cost, Pace, Viewers
from tests.bench.fanout.servers import Target, alone, c_loop, plain, whole

SATURATED, FOUR, FIFTY, TEN = "saturated", "4 at once", "50/s", "10/s"
RUNS: tuple[tuple[int, str, Pace], ...] = (
    (1, SATURATED, Pace("rounds", 1, 1_200)),
    (1, FIFTY, Pace("rate", 50, 80)),
    (10, SATURATED, Pace("rounds", 1, 1_200)),
    (10, FIFTY, Pace("rate", 50, 80)),
    (200, SATURATED, Pace("rounds", 1, 600)),
    (200, FOUR, Pace("rounds", 4, 800)),
    (200, FIFTY, Pace("rate", 50, 80)),
    (200, TEN, Pace("rate", 10, 60)),
)
ROUNDS = 3
"""One server after the other, and again: the machine changes from minute to minute."""

IDLE_VIEWERS = 1_000
Server = Callable[[], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True)
class Row:
    """One server at one size and pace: its runs, and what the C loop took beside them."""

    name: str
    costs: tuple[Cost, ...]
    limit_us: float

    @property
    def cpu_us(self) -> float:
        return statistics.median(cost.cpu_us for cost in self.costs)

    def line(self, size: int, pace: str) -> str:
        spread = [cost.cpu_us for cost in self.costs]
        p50 = statistics.median(cost.p50_ms for cost in self.costs)
        p99 = statistics.median(cost.p99_ms for cost in self.costs)
        return (
            f"{self.name:<17}{size:>8}{pace:>11}{self.cpu_us:>9.2f} [{min(spread):6.2f}-{max(spread):6.2f}]"
            f"{self.cpu_us / self.limit_us:>7.2f}{p50:>9.2f}{p99:>9.2f}"
        )


def main() -> None:
    """Prints the whole report; about five minutes."""
    with tempfile.TemporaryDirectory(prefix="synctv-bench-") as name:
        folder = Path(name)
        viewers = Viewers(folder)
        with whole(folder / "data") as target:
            frame_bytes = round(viewers.measure(target, 50, Pace("rounds", 1, 200)).frame_bytes)
            _idle(viewers, target)
            _fan_out(viewers, target, lambda: c_loop(folder, frame_bytes))
    _start_times()


def _fan_out(viewers: Viewers, target: Target, loop: Server) -> None:
    print(
        f"{'server':<17}{'viewers':>8}{'pace':>11}{'µs each':>9} {'[range]':<15}{'x C':>7}{'p50 ms':>9}{'p99 ms':>9}"
    )
    servers: dict[str, Server] = {
        "C loop of send": loop,
        "synctv": lambda: nullcontext(target),
        "synctv, no store": alone,
        "await send_text": plain,
    }
    found: dict[tuple[int, str], tuple[Row, Row]] = {}
    for size, pace_name, pace in RUNS:
        rounds = [[_once(viewers, server, size, pace) for server in servers.values()] for _ in range(ROUNDS)]
        limit_us = statistics.median(of_loop.cpu_us for of_loop, *_ in rounds)
        rows = [
            Row(name, costs, limit_us) for name, costs in zip(servers, zip(*rounds, strict=True), strict=True)
        ]
        for row in rows:
            print(row.line(size, pace_name), flush=True)
        found[size, pace_name] = (rows[0], rows[1])
    for pace_name in (SATURATED, FIFTY):
        _split(found, pace_name)


def _split(found: dict[tuple[int, str], tuple[Row, Row]], pace: str) -> None:
    """What a stored line costs whoever hears it, and what each viewer adds."""
    (loop_one, ours_one), (loop_many, ours_many) = found[1, pace], found[200, pace]
    added = (ours_many.cpu_us * 200 - ours_one.cpu_us) / 199
    limit = (loop_many.cpu_us * 200 - loop_one.cpu_us) / 199
    print(
        f"{pace}: a line, received, stored and told to one: {ours_one.cpu_us:.0f} µs; each further viewer: "
        f"{added:.2f} µs, {added / limit:.2f} x C"
    )


def _once(viewers: Viewers, server: Server, size: int, pace: Pace) -> Cost:
    with server() as target:
        return viewers.measure(target, size, pace)


def _idle(viewers: Viewers, target: Target) -> None:
    idle = viewers.hold(target, IDLE_VIEWERS)
    print(f"{IDLE_VIEWERS:,} idle connections: {idle.kib:.1f} KiB each (goal 18)")
    print(f"handshake to welcome: {idle.connect_us:.0f} µs of CPU (goal 1,000)")


def _start_times() -> None:
    program = Path(sys.executable).with_name("synctv")
    for words, goal in ((["--version"], 30), (["--help"], 130), (["user", "--help"], 130)):
        spent = [_cpu_ms([program, *words]) for _ in range(7)]
        print(f"synctv {' '.join(words):<12} {statistics.median(spent):6.1f} ms of CPU (goal {goal})")


def _cpu_ms(words: list[str | Path]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1_000
