"""How the viewers of a room stand, from their reports: told in batches, the latest in place of the one before."""

from __future__ import annotations

from synctv_server.domain.ids import UserId
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.times import Millis
from synctv_server.realtime.wire import MemberStatus, PlaybackReport, ViewerStatus, encode_frame

_STEP_MS = 50
_WORTH_TELLING_MS = 100


class Statuses:
    """One for each person who has reported; several devices of one person overwrite each other."""

    def __init__(self) -> None:
        self._latest: dict[UserId, ViewerStatus] = {}
        self._changed: set[UserId] = set()

    def note(self, user_id: UserId, report: PlaybackReport, drift_ms: float | None) -> None:
        """Keep what a report says; small changes of drift are not worth telling."""
        behind = 0 if drift_ms is None else -round(drift_ms / _STEP_MS) * _STEP_MS
        status = ViewerStatus(user_id, "buffering" if report.buffering else "watching", behind)
        before = self._latest.get(user_id)
        if (
            before is None
            or before.state != status.state
            or abs(before.behind_ms - status.behind_ms) >= _WORTH_TELLING_MS
        ):
            self._latest[user_id] = status
            self._changed.add(user_id)

    def forget(self, user_id: UserId) -> None:
        self._latest.pop(user_id, None)
        self._changed.discard(user_id)

    def take_changed(self) -> bytes | None:
        """The frame of those that are others since the last call; None when none is."""
        if not self._changed:
            return None
        members = [self._latest[user_id] for user_id in sorted(self._changed)]
        self._changed.clear()
        return encode_frame(MemberStatus(members))

    def all(self) -> bytes | None:
        """The frame of all; None when there is none."""
        return encode_frame(MemberStatus(list(self._latest.values()))) if self._latest else None


def drift_of(report: PlaybackReport, state: PlaybackState, now: Millis) -> float | None:
    """How far the viewer is from the room, in ms, negative when behind; None where it cannot be told."""
    if report.drift_ms is not None:
        return report.drift_ms
    if report.revision != state.revision or now < state.effective_at:
        return None
    return (report.position - state.position_at(now)) * 1_000
