"""The probes of a server whose database hangs: no answer comes, and none is refused."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from tests.support import postgres
from tests.support.server import Server, start_server

DEADLINE_SECONDS = 2.0
SLACK_SECONDS = 0.9


@pytest.fixture
async def database() -> AsyncIterator[postgres.Server]:
    """A PostgreSQL of its own, which may be frozen."""
    with TemporaryDirectory(prefix="synctv-frozen-") as home:
        running = postgres.private_server(Path(home))
        yield running
        running.stop("immediate")


async def test_a_database_that_hangs_is_503_within_the_deadline_and_ready_again_after(
    database: postgres.Server, tmp_path: Path
) -> None:
    server = await start_server(tmp_path / "data", environ={"SYNCTV__DATABASE__URL": database.url()})
    processes = _processes(database)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            assert (await http.get("/health/ready")).status_code == 200
            _signal(processes, signal.SIGSTOP)
            await _becomes(503, http)
            for _ in range(3):
                await _refuses_in_time(http)
            _signal(processes, signal.SIGCONT)
            await _becomes(200, http)
            assert (await http.get("/health/startup")).status_code == 200
    finally:
        _signal(processes, signal.SIGCONT)
        await _stopped(server)


async def _refuses_in_time(http: httpx.AsyncClient) -> None:
    began = time.monotonic()
    answer = await http.get("/health/ready")
    took = time.monotonic() - began
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["status"] == "fail"
    assert took < DEADLINE_SECONDS + SLACK_SECONDS
    assert (await http.get("/health/live")).status_code == 200


async def _becomes(status: int, http: httpx.AsyncClient) -> None:
    """An answer may be a second old, and a connection that broke has to be made anew."""
    deadline = time.monotonic() + 20
    while (await http.get("/health/ready")).status_code != status:
        assert time.monotonic() < deadline, f"the ready probe did not become {status}"


async def _stopped(server: Server) -> None:
    assert await server.stop() == 0


def _processes(database: postgres.Server) -> list[int]:
    """The server process, which hands out connections, and all of its children."""
    parent = int((database.home / "data/postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]


def _signal(processes: list[int], which: signal.Signals) -> None:
    for process in processes:
        os.kill(process, which)
