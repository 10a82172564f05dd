"""The installed server as a process of its own, on a free port, as a person starts it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 20
SYNCTV = (sys.executable, "-m", "synctv_cli")


@dataclass(frozen=True, slots=True)
class Server:
    """A running `synctv serve`; `started` is the document that it printed."""

    process: Process
    data_dir: Path
    started: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.started["url"])

    @property
    def setup_url(self) -> str:
        """The link for the first account, as the server keeps it for whoever may read the data directory."""
        return (self.data_dir / "setup-link").read_text().strip()

    async def stop(self, *, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it and give its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(with_signal)
        return await asyncio.wait_for(self.process.wait(), STOP_SECONDS)


async def start_server(
    data_dir: Path,
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    log: Path | None = None,
    through: Sequence[str] = (),
    stdin: int = DEVNULL,
) -> Server:
    """Start it and wait until it says that it runs; its log goes to `log`. AssertionError when it ends instead.

    `through` is a command that becomes the server, such as `small_disk` gives: the data directory is seen with the
    eyes of that process then.
    """
    errors = (log or data_dir.with_suffix(".log")).open("ab")
    with contextlib.closing(errors):
        process = await asyncio.create_subprocess_exec(
            *(*through, *SYNCTV, "--data-dir", str(data_dir), "--json", "serve", "--port", "0", *arguments),
            stdin=stdin,
            stdout=PIPE,
            stderr=errors,
            env={**os.environ, **(environ or {})},
        )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
    assert line, f"the server ended with {await process.wait()}:\n{_end_of(errors.name)}"
    seen = Path(f"/proc/{process.pid}/root{data_dir}") if through else data_dir
    return Server(process, seen, json.loads(line)["result"])


@asynccontextmanager
async def serving(
    data_dir: Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """A server for the length of a block, stopped as a service manager stops it."""
    server = await start_server(data_dir, *arguments, environ=environ)
    try:
        yield server
    finally:
        await server.stop()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


async def synctv(
    data_dir: Path, *words: str, stdin: str = "", environ: dict[str, str] | None = None
) -> Answer:
    """One command as a process of its own, without a terminal."""
    process = await asyncio.create_subprocess_exec(
        *(*SYNCTV, "--data-dir", str(data_dir), "--json", *words),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, **(environ or {})},
    )
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    assert process.returncode is not None
    return Answer(process.returncode, out.decode(), err.decode())


def _end_of(log: str) -> str:
    return Path(log).read_text()[-2_000:]
