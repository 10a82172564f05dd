"""Programs to measure and to measure with, pinned to a core each, their CPU by the clock of the scheduler; and to kill.

Called by the benchmarks, the load tool, and the tests of what SIGKILL leaves behind.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from asyncio.subprocess import Process
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.programs import find_program

SERVER_CORE, CLIENT_CORE = "0", "1"
KILLS = int(os.environ.get("SYNCTV_KILLS", "10"))
"""Each with a seed of its own; `SYNCTV_KILLS=100 python -m pytest tests/e2e/test_kill.py` kills more often."""


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


def deleted_files(pid: int) -> list[str]:
    """The files that the process has open and nobody will find again."""
    opened = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            opened.append(str(descriptor.readlink()))
    return [name for name in opened if name.endswith("(deleted)")]


async def killed_after(seconds: float | None, process: Process) -> bool:
    """Wait so long for the process, or for ever: whether it had to be killed. It has ended in any case."""
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        with suppress(ProcessLookupError):  # it ended in this very moment
            process.kill()
        return await process.wait() < 0
    return False
