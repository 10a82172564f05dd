"""`synctv serve` on a new data directory, pinned to a core, with one account: what benchmarks and load drive."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.support.processes import running

NAME, PASSWORD = "bench", "a bench for 200 viewers"
_UNLIMITED = {
    "SYNCTV__LIMITS__ENABLED": "false",
    "SYNCTV__SERVER__PORT": "0",
    "SYNCTV__OBSERVABILITY__LOG_LEVEL": "warning",
    "SYNCTV__AUTH__ACCESS_TOKEN_SECONDS": "86400",
}
"""Rates are counted by nobody: no measurement could sign in its viewers in time otherwise. Viewers do not refresh."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A running server, and the account that may do everything on it."""

    pid: int
    port: int
    token: str
    connection: HTTPConnection

    def call(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:
        """One request; its JSON, or its text. Ends the program on an error."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if bearer := self.token if token is None else token:
            headers["Authorization"] = f"Bearer {bearer}"
        content = None if body is None else json.dumps(body)
        self.connection.request(method, path, content, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.connection.close()  # the server ends an idle one; the next request opens it anew
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {text}")
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text

    def room(self, name: str, **settings: object) -> str:
        """A private room."""
        body = {"name": name, "visibility": "private", "settings": settings}
        return str(self.call("POST", "/api/v1/rooms", body)["id"])

    def guest(self, room_id: str) -> str:
        """A new guest of this room: the access token, for up to `limits.connections_per_user` sockets."""
        body = {"room_id": room_id}
        return str(self.call("POST", "/api/v1/auth/guest", body, token="")["access_token"])


@contextmanager
def installed(folder: Path, limits: Mapping[str, int] | None = None) -> Iterator[Installed]:
    """A server without rates; `limits` sets others of that section, such as `connections_per_room`."""
    base: list[str | Path] = [sys.executable, "-m", "synctv_cli", "--data-dir", folder, "--json"]
    _run([*base, "init", "--yes"])
    _run([*base, "user", "create", NAME, "--role", "root", "--password-stdin", "--yes"], PASSWORD)
    environ = {f"SYNCTV__LIMITS__{key.upper()}": str(value) for key, value in (limits or {}).items()}
    with running([*base, "serve"], _UNLIMITED | environ) as process:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline() or "{}").get("result")
        if started is None:
            sys.exit(f"the server did not start, and ended with {process.wait(20)}")
        port = int(started["url"].rpartition(":")[2].strip("/"))
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        server = Installed(process.pid, port, "", connection)
        signed_in = server.call("POST", "/api/v1/auth/login", {"identifier": NAME, "password": PASSWORD})
        try:
            yield Installed(process.pid, port, signed_in["access_token"], connection)
        finally:
            connection.close()


def _run(words: list[str | Path], secret: str | None = None) -> None:
    done = subprocess.run(words, input=secret, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} failed: {done.stdout}{done.stderr}")
