"""Rate limits: how often one account, one address or one member may ask, and how often it is told that one tries.

Called by the front doors and services.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from synctv_server.cluster.counters import Counters
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.errors import RateLimited
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.times import MINUTE, SECOND, Millis, Now
from synctv_server.net.addresses import site_of

_SERIES_MOST = 10_000


class Limits:
    """Every rate of the settings as a true sliding window: no such span, wherever it begins, holds more.

    Each method counts one and raises RateLimited, with the seconds to wait, when that is one too many; a refused
    one counts for nothing. `on_refused` hears the name of the limit. Nothing is counted with `limits.enabled` off.
    """

    def __init__(
        self, counters: Counters, section: LimitsSection, on_refused: Callable[[str], None] = lambda _: None
    ) -> None:
        self._counters = counters
        self._section = section
        self._on_refused = on_refused

    async def auth(self, address: str) -> None:
        """Sign-ins, registrations and set-up from one address."""
        await self._count("auth", site_of(address), self._section.auth_per_minute)

    async def guests(self, address: str) -> None:
        """Guests who enter from one address."""
        await self._count("guests", site_of(address), self._section.guests_per_minute)

    async def room_password(self, room_id: RoomId, address: str) -> None:
        """Tries of one room's password from one address, as many as sign-ins."""
        await self._count("room_password", f"{room_id} {site_of(address)}", self._section.auth_per_minute)

    async def read(self, key: str) -> None:
        """Reading requests of one account, else address."""
        await self._count("read", site_of(key), self._section.read_per_minute)

    async def write(self, key: str) -> None:
        """Changing requests of one account, else address."""
        await self._count("write", site_of(key), self._section.write_per_minute)

    async def chat(self, room_id: RoomId, user_id: UserId) -> None:
        """Chat messages of one member in a room."""
        await self._count("chat", f"{room_id} {user_id}", self._section.chat_per_second, SECOND)

    async def _count(self, scope: str, key: str, limit: int, window: Millis = MINUTE) -> None:
        if not self._section.enabled:
            return
        verdict = await self._counters.hit(f"{scope} {key}", limit, window)
        if not verdict.allowed:
            self._on_refused(scope)
            raise RateLimited(
                "too often; wait a moment and try again", retry_after_seconds=verdict.retry_after_ms / SECOND
            )


@dataclass(slots=True)
class _Series:
    told_at: Millis
    untold: int = 0


class Repetitions:
    """What comes again and again is told once a minute, so that nobody fills the audit log by trying.

    Of one kind of thing; what is the same has the same key. Kept in this process.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._series: OrderedDict[Hashable, _Series] = OrderedDict()

    def take(self, key: Hashable) -> int | None:
        """None within a minute of the last that was told; else how many have come since without being told."""
        series = self._series.pop(key, None)
        if series is not None and self._now() < series.told_at + MINUTE:
            series.untold += 1
            self._series[key] = series
            return None
        if len(self._series) >= _SERIES_MOST:
            self._series.popitem(last=False)
        self._series[key] = _Series(self._now())
        return 0 if series is None else series.untold
