"""Looks after rooms that play: somebody there, and they are stamped alive; nobody for a minute, and they pause.

A job of `jobs.py`, every five seconds. The stamps are rows, and a start of the server reads them: after a short
outage the rooms play on, after a longer one `PlaybackService.recover` pauses them where they were last seen alive.
"""

from __future__ import annotations

import logging

from synctv_server.cluster.presence import Presence
from synctv_server.domain.errors import SyncTVError
from synctv_server.domain.ids import RoomId
from synctv_server.domain.times import MINUTE, Millis, Now
from synctv_server.services.playback import PlaybackService
from synctv_server.store.playback import PlaybackStore

DESERTED_AFTER: Millis = MINUTE
LOOK_SECONDS = 5.0
_logger = logging.getLogger(__name__)


class Caretaker:
    """One query each time, however many rooms there are."""

    def __init__(
        self, *, presence: Presence, rows: PlaybackStore, playback: PlaybackService, now: Now
    ) -> None:
        self._presence = presence
        self._rows = rows
        self._playback = playback
        self._now = now

    async def look_after(self) -> None:
        """Stamp the rooms that play with somebody there, and pause the deserted ones."""
        now = self._now()
        alive: list[RoomId] = []
        for room_id, _, last_alive in await self._rows.list_playing():
            if await self._presence.present(room_id):
                alive.append(room_id)
            elif now - last_alive > DESERTED_AFTER:
                await self._pause(room_id)
        if alive:
            await self._rows.touch_alive(alive, now)

    async def _pause(self, room_id: RoomId) -> None:
        try:
            await self._playback.pause_deserted(room_id)
        except SyncTVError as error:
            _logger.warning("room %s plays to nobody and could not be paused: %s", room_id, error.message)
