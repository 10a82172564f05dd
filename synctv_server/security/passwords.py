"""Passwords: hashed with Argon2id off the loop, and refused when everybody uses them.

Called by `services.auth` for accounts and by `services` for the passwords of rooms.
"""

from __future__ import annotations

import asyncio
import base64
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import Self, TypeVar

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError

from synctv_server.domain.errors import Unavailable

_T = TypeVar("_T")
_SALT_BYTES = 16
_HASH_BYTES = 32
_HASH_SECONDS = 0.2
_PIECE_LONGEST = 4
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")


class PasswordHasher:
    """Argon2id (RFC 9106) with 64 MiB, 3 passes and 4 lanes by default.

    At most `parallel` hashes are computed at once and at most `queue` wait; one more is refused with
    Unavailable, so that a flood of sign-ins costs others a wait and never the memory of the machine.
    """

    def __init__(
        self,
        *,
        parallel: int | None = None,
        queue: int = 32,
        memory_kib: int = 65_536,
        passes: int = 3,
        lanes: int = 4,
    ) -> None:
        self._parallel = parallel or os.cpu_count() or 1
        self._argon2 = Argon2(
            time_cost=passes,
            memory_cost=memory_kib,
            parallelism=lanes,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._nobodys_hash = (
            f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${_noise(_SALT_BYTES)}${_noise(_HASH_BYTES)}"
        )
        self._threads = ThreadPoolExecutor(self._parallel, thread_name_prefix="argon2")
        self._places = self._parallel + queue
        self._held = 0
        self._holding = threading.Lock()
        self._busy_seconds = max(1, round(self._places * _HASH_SECONDS / self._parallel))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    @property
    def waiting(self) -> int:
        """How many wait for a free core, for the metrics."""
        return max(0, self._held - self._parallel)

    async def hash(self, password: str) -> str:
        """The encoded hash, with a new salt; Unavailable when too many wait."""
        return await self._run(lambda: self._argon2.hash(_normal(password)))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the one that was hashed. None costs the same work and is never right."""
        return await self._run(lambda: self._matches(password, hashed))

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._argon2.check_needs_rehash(hashed)

    def _matches(self, password: str, hashed: str | None) -> bool:
        try:
            self._argon2.verify(hashed or self._nobodys_hash, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    async def _run(self, work: Callable[[], _T]) -> _T:
        self._take_place()
        future = self._threads.submit(work)
        future.add_done_callback(self._leave_place)
        return await asyncio.wrap_future(future)

    def _take_place(self) -> None:
        with self._holding:
            if self._held < self._places:
                self._held += 1
                return
        raise Unavailable(
            "too many sign-ins at this moment; try again shortly", retry_after_seconds=self._busy_seconds
        )

    def _leave_place(self, _: Future[_T]) -> None:
        # Called when the work is done or was cancelled before it began, not when its caller went away:
        # a place is held for as long as the memory is.
        with self._holding:
            self._held -= 1


def is_common(password: str) -> bool:
    """Whether many people use this password, or it is a run of keys or one short piece repeated."""
    lower = _normal(password).lower()
    return lower in _common() or _is_repeated(lower) or _is_run(lower)


@cache
def _common() -> frozenset[str]:
    # The entries of eight characters and more of the 20,000 most common passwords (Royce Williams' list from
    # the breaches that haveibeenpwned.com collects, as Django ships it).
    listed = files("synctv_server.security").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(listed.split("\n"))


def _is_repeated(text: str) -> bool:
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, _PIECE_LONGEST + 1))


def _is_run(text: str) -> bool:
    return any(text in run * 2 or text in run[::-1] * 2 for run in _RUNS)


def _normal(password: str) -> str:
    # One password typed on two keyboards is one text (NIST SP 800-63B §3.1.1.2).
    return unicodedata.normalize("NFKC", password)


def _noise(size: int) -> str:
    return base64.b64encode(os.urandom(size)).rstrip(b"=").decode()
