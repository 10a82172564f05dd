"""How the viewers of a room stand, from their reports: told in batches, the latest in place of the one before."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.ids import UserId
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.times import DAY, Millis
from synctv_server.realtime.wire import MemberStatus, PlaybackReport, ViewerStatus, encode_frame

_STEP_MS = 50
_WORTH_TELLING_MS = 100
_DRIFT_MOST_MS = float(DAY)
"""Beyond this a report is nonsense, and counts as this much."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the viewers of a room are from it, either way: of the latest report of each whose player runs."""

    viewers: int
    p50_ms: float
    p95_ms: float


class Statuses:
    """One for each person who has reported; several devices of one person overwrite each other."""

    def __init__(self) -> None:
        self._latest: dict[UserId, ViewerStatus] = {}
        self._changed: set[UserId] = set()
        self._drifts_ms: dict[UserId, float] = {}

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
        if drift_ms is None or not is_running(report):
            self._drifts_ms.pop(user_id, None)
        else:
            self._drifts_ms[user_id] = abs(drift_ms)

    def drift(self) -> Drift | None:
        """None while nobody's player runs."""
        found = sorted(self._drifts_ms.values())
        if not found:
            return None
        return Drift(len(found), _percentile(found, 50), _percentile(found, 95))

    def forget(self, user_id: UserId) -> None:
        self._latest.pop(user_id, None)
        self._drifts_ms.pop(user_id, None)
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


def is_running(report: PlaybackReport) -> bool:
    """Whether the player moves: only then its distance from the room says something."""
    return report.playing and not report.buffering


def drift_of(report: PlaybackReport, state: PlaybackState, now: Millis) -> float | None:
    """How far the viewer is from the room, in ms, negative when behind; None where it cannot be told.

    Nonsense is held to a day: nothing that a client reports may reach the others as more than a wrong number.
    """
    if report.revision != state.revision or now < state.effective_at:
        return None
    drift_ms = report.drift_ms
    if drift_ms is None:
        drift_ms = (report.position - state.position_at(now)) * 1_000
    return max(-_DRIFT_MOST_MS, min(_DRIFT_MOST_MS, drift_ms))


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[(len(ordered) * percent - 1) // 100]
