"""Who was dropped for being too slow, so that they hear of it when they come back. Kept by `Hub`.

A close frame stands behind everything that the client has not read, and often never arrives.
"""

from __future__ import annotations

from synctv_server.domain.ids import RoomId, SessionId
from synctv_server.domain.times import MINUTE, Millis, Now

REMEMBERED: Millis = 10 * MINUTE
_MOST = 10_000


class Dropped:
    """By room and login session: it is the device that was slow, not its person."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._at: dict[tuple[RoomId, SessionId | None], Millis] = {}

    def note(self, room_id: RoomId, session_id: SessionId | None) -> None:
        """One more; beyond a bound the oldest is forgotten."""
        if len(self._at) >= _MOST:
            del self._at[next(iter(self._at))]
        self._at[room_id, session_id] = self._now()

    def take(self, room_id: RoomId, session_id: SessionId | None) -> bool:
        """Whether this one was dropped lately. Told once."""
        at = self._at.pop((room_id, session_id), None)
        return at is not None and self._now() - at <= REMEMBERED

    def sweep(self) -> None:
        """Forget who does not come back."""
        oldest = self._now() - REMEMBERED
        for key in [key for key, at in self._at.items() if at < oldest]:
            del self._at[key]
