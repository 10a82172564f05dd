"""The servers that are measured, each ready to take viewers."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.crowd import Seat
from tests.support.installed import installed
from tests.support.processes import build, running

_MANY = {"connections_per_user": 20_000, "connections_per_room": 20_000, "connections_total": 20_000}
_SOURCE = Path(__file__).with_name("server.c")


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and how a viewer comes in. `is_greeted`: it says something to who comes."""

    name: str
    pid: int
    port: int
    seat: Seat
    is_greeted: bool


@contextmanager
def c_loop(folder: Path, frame_bytes: int) -> Iterator[Target]:
    """`send()` of one prebuilt frame to each."""
    program = folder / _SOURCE.stem
    if not program.exists():
        build(_SOURCE, folder)
    with running([program, str(frame_bytes)]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Target("C loop of send", process.pid, port, Seat(0, "/"), is_greeted=False)


@contextmanager
def plain() -> Iterator[Target]:
    """Litestar as everybody writes it: `await socket.send_text` to one after the other."""
    with _program("plain", "await send_text", is_greeted=False) as target:
        yield target


@contextmanager
def alone() -> Iterator[Target]:
    """Our room and our sockets, without services and store."""
    with _program("alone", "synctv, no store", is_greeted=True) as target:
        yield target


@contextmanager
def whole(folder: Path) -> Iterator[Target]:
    """`synctv serve` on a new data directory, with one account and one room."""
    with installed(folder, _MANY) as server:
        seat = Seat(0, f"/api/v1/rooms/{server.room('Bench')}/ws", server.token)
        yield Target("synctv", server.pid, server.port, seat, is_greeted=True)


@contextmanager
def _program(module: str, name: str, *, is_greeted: bool) -> Iterator[Target]:
    with running([sys.executable, "-m", f"tests.bench.fanout.{module}"]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        _wait_for(port)
        yield Target(name, process.pid, port, Seat(0, "/ws"), is_greeted)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
