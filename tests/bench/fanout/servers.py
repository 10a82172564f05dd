"""The servers that are measured, each ready to take viewers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from tests.bench.fanout.processes import running

PASSWORD = "a bench for 200 viewers"
_LIMITS = {
    "SYNCTV__LIMITS__ENABLED": "false",
    "SYNCTV__LIMITS__CONNECTIONS_PER_USER": "20000",
    "SYNCTV__LIMITS__CONNECTIONS_PER_ROOM": "20000",
    "SYNCTV__LIMITS__CONNECTIONS_TOTAL": "20000",
    "SYNCTV__SERVER__PORT": "0",
    "SYNCTV__OBSERVABILITY__LOG_LEVEL": "warning",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and how a viewer comes in and speaks."""

    name: str
    pid: int
    port: int
    request: str
    say: str
    mark: str


def handshake(path: str, port: int, token: str = "") -> str:
    """The request of one viewer."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: synctv.v1",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""])


@contextmanager
def c_loop(program: Path, frame_bytes: int) -> Iterator[Target]:
    """`send()` of one prebuilt frame to each."""
    with running([program, str(frame_bytes)]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Target(
            "C loop of send", process.pid, port, handshake("/", port), _say("chat.send"), '"text":"T'
        )


@contextmanager
def plain() -> Iterator[Target]:
    """Litestar as everybody writes it: `await socket.send_text` to one after the other."""
    with _program("plain", "await send_text") as target:
        yield target


@contextmanager
def alone() -> Iterator[Target]:
    """Our room and our sockets, without services and store."""
    with _program("alone", "synctv, no store") as target:
        yield target


@contextmanager
def installed(folder: Path) -> Iterator[Target]:
    """`synctv serve` on a new data directory, with one account and one room."""
    program = Path(sys.executable).with_name("synctv")
    base: list[str | Path] = [program, "--data-dir", folder, "--json"]
    _synctv([*base, "init", "--yes"])
    _synctv([*base, "user", "create", "bench", "--role", "root", "--password-stdin", "--yes"], PASSWORD)
    with running([*base, "serve"], _LIMITS) as process:
        port = _port_of(base)
        api = f"http://127.0.0.1:{port}/api/v1"
        token = _post(f"{api}/auth/login", {"identifier": "bench", "password": PASSWORD})["access_token"]
        room = _post(f"{api}/rooms", {"name": "Bench", "visibility": "private"}, token)["id"]
        path = f"/api/v1/rooms/{room}/ws"
        yield Target(
            "synctv", process.pid, port, handshake(path, port, token), _say("chat.send"), '"text":"T'
        )


@contextmanager
def _program(module: str, name: str) -> Iterator[Target]:
    with running([sys.executable, "-m", f"tests.bench.fanout.{module}"]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        _wait_for(port)
        yield Target(name, process.pid, port, handshake("/ws", port), _say("chat.send"), '"text":"T')


def _say(kind: str) -> str:
    return json.dumps({"type": kind, "id": "1", "text": "T@@@@@@@@@@@@@@@@"}, separators=(",", ":"))


def _synctv(words: list[str | Path], secret: str | None = None) -> dict[str, object]:
    done = subprocess.run(words, input=secret, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} failed: {done.stdout}{done.stderr}")
    result: dict[str, object] = json.loads(done.stdout)["result"]
    return result


def _port_of(base: list[str | Path]) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        done = subprocess.run([*base, "status"], capture_output=True, text=True, check=False, env=os.environ)
        result = json.loads(done.stdout or "{}").get("result") or {}
        if result.get("running") and result.get("url"):
            return int(str(result["url"]).rpartition(":")[2].strip("/"))
        time.sleep(0.2)
    sys.exit("the server did not start within 30 s")


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def _post(url: str, body: dict[str, str], token: str | None = None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=30) as answer:
        found: dict[str, str] = json.loads(answer.read())
        return found
