"""What the server spends and holds while something happens to it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.installed import Installed
from tests.support.processes import cpu_ns, resident_bytes


@dataclass(slots=True)
class Spent:
    """Filled when the block is left."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    grown_kib: float = 0.0

    @property
    def core_percent(self) -> float:
        """How much of one core it took."""
        return 100 * self.cpu_seconds / self.seconds


@contextmanager
def spending(pid: int) -> Iterator[Spent]:
    """CPU and memory of a process for the length of a block."""
    spent = Spent()
    start, cpu, memory = time.monotonic(), cpu_ns(pid), resident_bytes(pid)
    yield spent
    spent.seconds = time.monotonic() - start
    spent.cpu_seconds = (cpu_ns(pid) - cpu) / 1e9
    spent.grown_kib = (resident_bytes(pid) - memory) / 1_024


def counted(server: Installed, metric: str) -> float:
    """The sum over all labels of one metric of `/metrics`."""
    text = str(server.call("GET", "/metrics"))
    found = re.findall(rf"^{metric}(?:{{.*}})? ([\d.e+]+)$", text, re.MULTILINE)
    return sum(map(float, found))
