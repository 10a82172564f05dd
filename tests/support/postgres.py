"""A private PostgreSQL for one run of the tests: started once, shared by all workers, gone with the last.

`server()` gives the running one; `fresh_database()` a database of its own, copied from a template in
milliseconds. A machine without PostgreSQL fails the run and says what to install.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

_USER = "postgres"
_START_SECONDS = 30
_KEPT = 8
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL in `home`, where everyone on this machine may connect as `postgres`."""

    home: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def stop(self, mode: str = "fast") -> None:
        """`fast` as an administrator does it, `immediate` as a crash."""
        _pg_ctl(self.home, "stop", "-m", mode, "-w")

    def start(self) -> None:
        _pg_ctl(self.home, "start", "-w", "-o", f"-p {self.port}", "-l", str(self.home / "log"))


def server() -> Server:
    """The PostgreSQL of this run, started by the first who asks. It stops when the last process has ended."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    meeting_place = Path(tempfile.gettempdir()) / f"synctv-pg-{run}"
    meeting_place.mkdir(mode=0o755, exist_ok=True)
    in_use = (meeting_place / "in-use").open("a")
    fcntl.flock(in_use, fcntl.LOCK_SH)
    _kept_open.append(in_use)  # until this process ends, however it ends
    with (meeting_place / "starting").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not (meeting_place / "port").exists():
            (meeting_place / "port").write_text(str(private_server(meeting_place).port))
            _stop_after_the_last(meeting_place)
    return Server(meeting_place, int((meeting_place / "port").read_text()))


def private_server(home: Path) -> Server:
    """A new PostgreSQL in `home`, for a test that stops and kills it. The caller stops it in the end."""
    data = home / "data"
    data.mkdir(mode=0o700)
    if os.getuid() == 0:
        home.chmod(0o755)
        for path in (home, data):
            shutil.chown(path, _USER, _USER)
    _run("initdb", "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    lines = [f"{name} = '{value}'" for name, value in _SETTINGS.items()]
    lines.append(f"unix_socket_directories = '{home}'")
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("\n" + "\n".join(lines) + "\n")
    started = Server(home, _free_port())
    started.start()
    return started


async def fresh_database(on: Server, prepare: Callable[[str], Awaitable[object]] | None = None) -> str:
    """The URL of a new database, copied from one that `prepare` (given its URL) has filled once per run."""
    name = f"t{time.monotonic_ns()}_{os.getpid()}"
    connection = await asyncpg.connect(on.url())
    try:
        template = "template0" if prepare is None else await _template(on, connection, prepare)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await _drop_old(on, connection)
        _made.append((on, name))
    finally:
        await connection.close()
    return on.url(name)


async def _drop_old(on: Server, connection: asyncpg.Connection) -> None:
    """Databases of tests that are over: each takes 7 MB and 900 files."""
    old = [made for made in _made[:-_KEPT] if made[0] == on]
    for made in old:
        with suppress(asyncpg.ObjectInUseError):  # a long test; the next call tries again
            await connection.execute(f"DROP DATABASE {made[1]}")
            _made.remove(made)


async def _template(
    on: Server, connection: asyncpg.Connection, prepare: Callable[[str], Awaitable[object]]
) -> str:
    with (on.home / "template").open("a+") as done:
        await asyncio.to_thread(fcntl.flock, done, fcntl.LOCK_EX)
        done.seek(0)
        if not done.read():
            await connection.execute("CREATE DATABASE template_synctv TEMPLATE template0")
            await prepare(on.url("template_synctv"))
            done.write("done")
    return "template_synctv"


def _pg_ctl(home: Path, *arguments: str) -> None:
    _run("pg_ctl", "-D", str(home / "data"), "-t", str(_START_SECONDS), *arguments)


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs, as `postgres` where we are root, whom it refuses."""
    command = [str(_binaries() / program), *arguments]
    if os.getuid() == 0:
        command = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *command]
    done = subprocess.run(
        command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed:\n{done.stdout}")


def _binaries() -> Path:
    """The newest installed PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("PostgreSQL is not installed; `make test` does it, or: apt-get install postgresql")
    return found[-1].parent if found else Path(on_path or "").parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_kept_open: list[object] = []
_made: list[tuple[Server, str]] = []


def _stop_after_the_last(home: Path) -> None:
    """A process of its own waits for the lock that every user of the server holds, then clears up."""
    watcher = subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres", str(home)],
        cwd=Path(__file__).parents[2],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _kept_open.append(watcher)  # it outlives us, and is not waited for


def _wait_and_clear(home: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (home / "in-use").open("a") as in_use:
        fcntl.flock(in_use, fcntl.LOCK_EX)
        Server(home, 0).stop("immediate")
        shutil.rmtree(home)


if __name__ == "__main__":
    _wait_and_clear(Path(sys.argv[1]))
