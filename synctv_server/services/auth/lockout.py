"""The growing wait after wrong passwords for one name. Used by `PasswordService`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from synctv_server.domain.errors import RateLimited
from synctv_server.domain.times import DAY, MINUTE, SECOND, Millis, Now
from synctv_server.net.addresses import site_of

FREE_TRIES = 10
FIRST_WAIT: Millis = 30 * SECOND
LONGEST_WAIT: Millis = 15 * MINUTE
_FORGOTTEN_AFTER: Millis = DAY
_LOCKS_MOST = 10_000
_PROMISES_MOST = 1_000


@dataclass(slots=True)
class _Lock:
    """What is known of one name, or of one name from one address where its owner is at home.

    `promises` holds, for each address that was told to wait, the moment that it was told.
    """

    wrong: int = 0
    last: Millis = 0
    until: Millis = 0
    promises: OrderedDict[str, Millis] = field(default_factory=OrderedDict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try that may go on: which lock it counts for, and how that stood when the try began.

    `is_promised` is one that was told to come back now.
    """

    key: str
    site: str
    wrong_before: int = 0
    is_promised: bool = False


class Lockout:
    """Ten wrong passwords for a name are free; each further one doubles the wait, 30 seconds to 15 minutes.

    The owner cannot be shut out for longer than that by anybody: where the owner has signed in before, only wrong
    passwords from that same address count; and a wait that was told is kept, so whoever comes back after it is
    judged, however many others guessed wrong meanwhile. Kept in this process; a restart forgets it.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._locks: OrderedDict[str, _Lock] = OrderedDict()

    def begin(self, name: str, address: str, known_addresses: Iterable[str]) -> Attempt:
        """Let one try go on, or raise RateLimited `auth.locked` with the seconds to wait.

        `name` is the account's id, or what was typed where there is no such account.
        """
        site = site_of(address)
        key = f"{name} {site}" if site in {site_of(known) for known in known_addresses} else name
        lock = self._find(key)
        if lock is None:
            return Attempt(key, site)
        if self._now() < lock.promises.get(site, lock.until):
            self._refuse(lock, site)
        is_promised = lock.promises.pop(site, None) is not None
        return Attempt(key, site, lock.wrong, is_promised)

    def settle(self, attempt: Attempt) -> None:
        """Before an answer is given: refuse it when others have filled the free tries since this one began.

        So of a hundred guesses sent at once ten are answered.
        """
        lock = self._find(attempt.key)
        if lock is None or attempt.is_promised:
            return
        if lock.wrong > attempt.wrong_before and self._now() < lock.until:
            self._refuse(lock, attempt.site)

    def wrong(self, attempt: Attempt) -> None:
        """Count a wrong password."""
        lock = self._find(attempt.key)
        if lock is None:
            lock = self._locks[attempt.key] = _Lock()
        self._locks.move_to_end(attempt.key)
        if len(self._locks) > _LOCKS_MOST:
            self._locks.popitem(last=False)
        lock.wrong += 1
        lock.last = self._now()
        if lock.wrong >= FREE_TRIES:
            wait = FIRST_WAIT << min(lock.wrong - FREE_TRIES, 8)
            lock.until = lock.last + min(wait, LONGEST_WAIT)

    def right(self, attempt: Attempt) -> None:
        """Forget what was counted: the owner is in."""
        self._locks.pop(attempt.key, None)

    def forgive(self, name: str) -> None:
        """Forget what was counted for one name, from everywhere: its owner has proved to be it in another way."""
        for key in [key for key in self._locks if key == name or key.startswith(f"{name} ")]:
            del self._locks[key]

    def _find(self, key: str) -> _Lock | None:
        lock = self._locks.get(key)
        if lock is not None and self._now() >= lock.last + _FORGOTTEN_AFTER:
            del self._locks[key]
            return None
        return lock

    def _refuse(self, lock: _Lock, site: str) -> None:
        promised = lock.promises.setdefault(site, lock.until)
        if len(lock.promises) > _PROMISES_MOST:
            lock.promises.popitem(last=False)
        raise RateLimited(
            "too many wrong passwords for this name; wait, then try again",
            code="auth.locked",
            retry_after_seconds=(promised - self._now()) / SECOND,
        )
