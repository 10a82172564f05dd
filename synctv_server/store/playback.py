"""The playback state of each room. Written by the playback service inside the room's turn, before the event leaves.

Across replicas the revision in the row decides: a write names the one that it expects.
"""

from __future__ import annotations

from collections.abc import Sequence

from synctv_server.domain.ids import MediaId, RoomId
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.times import Millis
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import Playback

_GET = """
SELECT media_id, playing, position, rate, revision, changed_at, effective_at
FROM playback WHERE room_id = {}
"""
_UPDATE = """
UPDATE playback SET media_id = {}, playing = {}, position = {}, rate = {}, revision = {}, changed_at = {},
    effective_at = {}, last_alive_at = {}
WHERE room_id = {} AND revision = {}
RETURNING revision
"""
_INSERT = """
INSERT INTO playback (media_id, playing, position, rate, revision, changed_at, effective_at, last_alive_at,
    room_id)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (room_id) DO NOTHING
RETURNING revision
"""
_PLAYING = """
SELECT p.room_id, p.media_id, p.playing, p.position, p.rate, p.revision, p.changed_at, p.effective_at,
    p.last_alive_at
FROM playback p JOIN rooms r ON r.id = p.room_id
WHERE p.playing AND r.deleted_at IS NULL
"""


class PlaybackStore:
    """One row per room that has ever played something."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_state(self, room_id: RoomId) -> PlaybackState:
        """The state; the one of revision 0, with nothing loaded, where nothing has been played yet."""
        row = await self._database.fetch_one(_GET, room_id)
        return PlaybackState() if row is None else _state(row)

    async def put(self, room_id: RoomId, state: PlaybackState, *, expected_revision: int) -> bool:
        """Keep `state` if the present revision is the expected one; False when it is another."""
        values = (
            state.media_id,
            state.playing,
            state.position,
            state.rate,
            state.revision,
            state.changed_at,
            state.effective_at,
            state.changed_at,
            room_id,
        )
        if await self._database.fetch(_UPDATE, *values, expected_revision):
            return True
        return expected_revision == 0 and bool(await self._database.fetch(_INSERT, *values))

    async def touch_alive(self, room_ids: Sequence[RoomId], now: Millis) -> None:
        """Note that somebody was there, in these rooms, at this moment."""
        if room_ids:
            await self._database.run(
                Playback.update({Playback.last_alive_at: now}).where(Playback.room_id.is_in(list(room_ids)))
            )

    async def last_alive(self, room_id: RoomId) -> Millis | None:
        """When somebody was last known to be there; None where nothing has been played yet."""
        row = await self._database.fetch_one("SELECT last_alive_at FROM playback WHERE room_id = {}", room_id)
        return None if row is None else int(row["last_alive_at"])

    async def list_playing(self) -> list[tuple[RoomId, PlaybackState, Millis]]:
        """All rooms that play, with when somebody was last known to be there. Read at the start of a server."""
        rows = await self._database.fetch(_PLAYING)
        return [(RoomId(row["room_id"]), _state(row), row["last_alive_at"]) for row in rows]


def _state(row: Row) -> PlaybackState:
    return PlaybackState(
        media_id=None if row["media_id"] is None else MediaId(row["media_id"]),
        playing=bool(row["playing"]),
        position=row["position"],
        rate=row["rate"],
        revision=row["revision"],
        changed_at=row["changed_at"],
        effective_at=row["effective_at"],
    )
