"""`synctv.lock`: one program at a time works by itself on the database of a data directory.

Taken by `serve` for its life, and by commands that open the application where no server runs. It is a lock of the
kernel on the open file, so it goes with its process, however that ends; the text in the file only tells who it is.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from synctv_server.config.places import LOCK_FILE_NAME
from synctv_server.domain.errors import Conflict, Forbidden, SyncTVError
from synctv_server.upkeep.backup import exchange

WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: the process, the command it carries out, and where a server answers once it does.

    `url` is what people open, `local_url` what this machine reaches without any proxy.
    """

    pid: int
    command: str
    url: str = ""
    local_url: str = ""

    @property
    def is_server(self) -> bool:
        return self.command == "serve"


class InstallationLock:
    """The lock of one data directory; `take_now` holds it until `release` or the end of the process."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._path = data_dir / LOCK_FILE_NAME
        self._file: int | None = None

    def take_now(self, command: str) -> bool:
        """Whether it could be taken; a restore that was killed while it put files in place is completed then.

        Raises Forbidden where the data directory cannot be written.
        """
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _not_writable(self._data_dir, error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        self.tell(Holder(os.getpid(), command))
        exchange.complete(self._data_dir)
        return True

    def tell(self, holder: Holder) -> None:
        """Writes down who holds it, for those who meet it held."""
        if self._file is None:
            raise RuntimeError("only the holder of the lock may write into it")
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(asdict(holder)).encode(), 0)

    def release(self) -> None:
        """Lets it go; without effect where it is not held."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def find_holder(self) -> Holder | None:
        """Who holds it now, or None. Never blocks the lock for longer than the question."""
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read_holder(file.read())
        return None

    def refusal(self) -> Conflict:
        """What to tell somebody who cannot have it."""
        holder = self.find_holder() or Holder(0, "")
        if holder.is_server:
            where = f", {holder.url}" if holder.url else ""
            return Conflict(
                f"a server already runs on {self._data_dir} (pid {holder.pid}{where})",
                code="conflict.server_running",
                hint="Stop that one first, or give this one a directory of its own with --data-dir.",
            )
        who = f"`synctv {holder.command}` (pid {holder.pid})" if holder.command else "another command"
        return Conflict(
            f"{self._data_dir} is in use by {who}",
            code="conflict.locked",
            hint="Try again when it is done.",
        )


@asynccontextmanager
async def held(
    data_dir: Path, command: str, wait_seconds: float = WAIT_SECONDS
) -> AsyncIterator[InstallationLock]:
    """Holds the lock for the block. Raises Conflict at once beside a server, else after the wait."""
    lock = InstallationLock(data_dir)
    deadline = time.monotonic() + wait_seconds
    while not lock.take_now(command):
        holder = lock.find_holder()
        if time.monotonic() >= deadline or (holder is not None and holder.is_server):
            raise lock.refusal()
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield lock
    finally:
        lock.release()


def _read_holder(content: bytes) -> Holder:
    """The holder that the file names. It may be caught between taking the lock and writing."""
    try:
        return Holder(**json.loads(content))
    except (ValueError, TypeError):
        return Holder(0, "")


def _not_writable(data_dir: Path, error: OSError) -> SyncTVError:
    if error.errno == errno.ENOENT:
        hint = "`synctv init` or `synctv serve` makes it."
        return Forbidden(f"the data directory {data_dir} does not exist", hint=hint)
    return Forbidden(
        f"the data directory {data_dir} cannot be written: {(error.strerror or 'error').lower()}",
        code="forbidden.data_dir",
        hint="Run synctv as the user who owns it, or name another one with --data-dir.",
    )
