"""One measurement: so many viewers of one server, so many lines said at some pace, and what that cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.fanout.servers import Target
from tests.support.crowd import MOMENT, Crowd, crowd
from tests.support.processes import cpu_ns, resident_bytes

LINE = json.dumps({"type": "chat.send", "id": "1", "text": f"T{MOMENT}"}, separators=(",", ":"))
_SETTLING_SECONDS = 0.7
"""Arrivals are told 0.2 s after the first of them."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`rounds`: so many lines at once, and again when everybody has heard them; `rate`: so many a second."""

    mode: str
    value: int
    events: int

    def run(self, viewers: Crowd) -> None:
        """Start it; the answer comes when all is heard."""
        if self.mode == "rounds":
            viewers.start(f"rounds {self.events} {self.value}")
        else:
            viewers.start(f"rate {self.events / self.value} {self.value} 0 1 1")


@dataclass(frozen=True, slots=True)
class Cost:
    """Server CPU for each delivery, how late it was, and its size on the wire."""

    cpu_us: float
    p50_ms: float
    p99_ms: float
    frame_bytes: float


@dataclass(frozen=True, slots=True)
class Idle:
    """What one connection costs that does nothing: resident memory, and CPU from handshake to welcome."""

    kib: float
    connect_us: float


class Viewers:
    """Crowds of one room; `folder` holds the compiled program."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def measure(self, target: Target, viewers: int, pace: Pace) -> Cost:
        """Every delivery is counted: one missing ends the benchmark."""
        with self._open(target, viewers) as crowd:
            before = cpu_ns(target.pid)
            pace.run(crowd)
            heard = crowd.answer()
            spent = cpu_ns(target.pid) - before
        heard.require_whole(target.name)
        return Cost(
            spent / heard.deliveries / 1_000, heard.p50_ms, heard.p99_ms, heard.bytes / heard.deliveries
        )

    def hold(self, target: Target, viewers: int) -> Idle:
        """Connections that only stand there."""
        memory, spent = resident_bytes(target.pid), cpu_ns(target.pid)
        with self._open(target, viewers):
            return Idle(
                (resident_bytes(target.pid) - memory) / viewers / 1_024,
                (cpu_ns(target.pid) - spent) / viewers / 1_000,
            )

    @contextmanager
    def _open(self, target: Target, viewers: int) -> Iterator[Crowd]:
        seats = [target.seat] * viewers
        with crowd(self._folder, target.port, seats, LINE, is_greeted=target.is_greeted) as opened:
            opened.open(0, viewers).require_whole(target.name)
            opened.wait(_SETTLING_SECONDS)
            yield opened
