"""One measurement: so many viewers of one server, so many lines said at some pace, and what that cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.fanout.processes import CLIENT_CORE, cpu_ns, pinned, resident_bytes
from tests.bench.fanout.servers import Target


@dataclass(frozen=True, slots=True)
class Pace:
    """`window`: so many lines outstanding at most; `rate`: so many a second."""

    mode: str
    value: float
    events: int


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
    """The C client, compiled."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def measure(self, target: Target, viewers: int, pace: Pace) -> Cost:
        """Every delivery is counted: one missing ends the benchmark."""
        words = [str(viewers), str(pace.events), pace.mode, str(pace.value)]
        with self._open(target, words) as client:
            before = cpu_ns(target.pid)
            found = json.loads(_go(client))
            spent = cpu_ns(target.pid) - before
        wanted = pace.events * viewers
        if found["deliveries"] != wanted:
            sys.exit(f"{target.name}: {found['deliveries']} of {wanted} deliveries came")
        return Cost(spent / wanted / 1_000, found["p50_ms"], found["p99_ms"], found["bytes"])

    def hold(self, target: Target, viewers: int) -> Idle:
        """Connections that only stand there."""
        memory, spent = resident_bytes(target.pid), cpu_ns(target.pid)
        with self._open(target, [str(viewers), "0", "idle", "0"]) as client:
            idle = Idle(
                (resident_bytes(target.pid) - memory) / viewers / 1_024,
                (cpu_ns(target.pid) - spent) / viewers / 1_000,
            )
            _go(client)
        return idle

    @contextmanager
    def _open(self, target: Target, words: list[str]) -> Iterator[subprocess.Popen[str]]:
        request, say = self._folder / "request", self._folder / "say"
        request.write_text(target.request, newline="")
        say.write_text(target.say)
        client = subprocess.Popen(
            pinned(CLIENT_CORE, [self._program, str(target.port), *words, request, say, target.mark]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert client.stdout is not None
            if client.stdout.readline() != "open\n":
                sys.exit(f"{target.name}: the viewers did not get in")
            yield client
        finally:
            client.kill()
            client.wait()


def _go(client: subprocess.Popen[str]) -> str:
    output, _ = client.communicate("go\n", timeout=120)
    return output
