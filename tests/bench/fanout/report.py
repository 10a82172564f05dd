"""The order of the measurements, and the table that they end in."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.bench.fanout.measure import Cost, Pace, Viewers
from tests.bench.fanout.processes import build
from tests.bench.fanout.servers import Target, c_loop, installed, plain

SIZES = (10, 200)
PACES = {
    10: (Pace("window", 1, 2_000), Pace("rate", 50, 150)),
    200: (Pace("window", 1, 1_000), Pace("rate", 10, 40), Pace("rate", 50, 150)),
}
IDLE_VIEWERS = 1_000
Server = Callable[[], AbstractContextManager[Target]]


def main() -> None:
    """Prints the whole report; about two minutes."""
    with tempfile.TemporaryDirectory(prefix="synctv-bench-") as name:
        folder = Path(name)
        viewers = Viewers(build("client", folder), folder)
        loop = build("server", folder)
        with installed(folder / "data") as target:
            frame_bytes = round(viewers.measure(target, 10, Pace("window", 1, 200)).frame_bytes)
            _fan_out(viewers, target, lambda: c_loop(loop, frame_bytes))
            idle = viewers.hold(target, IDLE_VIEWERS)
            print(f"\n{IDLE_VIEWERS:,} idle connections: {idle.kib:.1f} KiB each (goal 18)")
            print(f"handshake to welcome: {idle.connect_us:.0f} µs of CPU (goal 1,000)")
    _start_times()


def _fan_out(viewers: Viewers, target: Target, loop: Server) -> None:
    print(f"{'server':<16}{'viewers':>8}{'pace':>11}{'µs each':>9}{'x C':>7}{'p50 ms':>9}{'p99 ms':>9}")
    for size in SIZES:
        for pace in PACES[size]:
            first = _once(viewers, loop, size, pace)
            ours = viewers.measure(target, size, pace)
            second = _once(viewers, loop, size, pace)
            usual = _once(viewers, plain, size, pace)
            limit = statistics.mean((first.cpu_us, second.cpu_us))
            for name, cost in (
                ("C loop of send", first),
                ("", second),
                ("synctv", ours),
                ("await send_text", usual),
            ):
                _line(name, size, pace, cost, limit)


def _once(viewers: Viewers, server: Server, size: int, pace: Pace) -> Cost:
    with server() as target:
        return viewers.measure(target, size, pace)


def _line(name: str, size: int, pace: Pace, cost: Cost, limit: float) -> None:
    print(
        f"{name:<16}{size:>8}{pace!s:>11}{cost.cpu_us:>9.2f}{cost.cpu_us / limit:>7.2f}"
        f"{cost.p50_ms:>9.2f}{cost.p99_ms:>9.2f}",
        flush=True,
    )


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
