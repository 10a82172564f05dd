"""Programs to measure and to measure with: pinned to a core each, their CPU read from the scheduler's clock.

Called by the benchmarks and the load tool.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import find_program

SERVER_CORE, CLIENT_CORE = "0", "1"


def build(source: Path, folder: Path) -> Path:
    """The program of one C file, compiled into `folder`."""
    program = folder / source.stem
    subprocess.run([find_program("gcc"), "-O2", "-Wall", "-o", program, source], check=True)
    return program


def pinned(core: str, words: Sequence[str | Path]) -> list[str]:
    """The command on one core; a machine with a single one runs all on it."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[int(core) % len(cores)]), *map(str, words)]


@contextmanager
def running(
    words: Sequence[str | Path], environ: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A server process on its core, ended when the block is left."""
    environ = {**os.environ, **(environ or {})}
    command = pinned(SERVER_CORE, words)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def cpu_ns(pid: int) -> int:
    """What all threads of the process have run so far, by the scheduler's clock."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
