"""The one playback state of a room: state in, command and moment in, state out. Pure; called inside a room's
turn.

`position` is in seconds at `effective_at`; moments are server milliseconds. At moment t the picture stands at
`position + max(0, t - effective_at)/1000 * rate` while playing, else at `position`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from synctv_server.domain.commands import Load, Pause, Play, PlaybackCommand, Rate, Seek
from synctv_server.domain.errors import Conflict
from synctv_server.domain.ids import MediaId
from synctv_server.domain.text import invalid
from synctv_server.domain.times import Millis

RATE_LEAST = 0.25
RATE_MOST = 4.0
DELAY_LEAST: Millis = 50
DELAY_MOST: Millis = 400
_DELAY_FACTOR = 1.5
# A play or pause that names a position this close to the present one names no new position.
_SAME_POSITION_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class PlaybackState:
    """`revision` rises by one with each change and not at all with a repeat."""

    media_id: MediaId | None = None
    playing: bool = False
    position: float = 0.0
    rate: float = 1.0
    revision: int = 0
    changed_at: Millis = 0
    effective_at: Millis = 0

    def position_at(self, moment: Millis) -> float:
        """Seconds into the item at `moment`."""
        if not self.playing:
            return self.position
        return self.position + max(0, moment - self.effective_at) / 1000 * self.rate


def start_delay(one_way_p95: Millis) -> Millis:
    """How far ahead a change is scheduled so that it reaches everyone in time.

    1.5 × p95 one-way, within 50..400 ms.
    """
    return round(min(max(one_way_p95 * _DELAY_FACTOR, DELAY_LEAST), DELAY_MOST))


def apply(
    state: PlaybackState,
    command: PlaybackCommand,
    now: Millis,
    *,
    delay: Millis,
    duration: float | None = None,
) -> PlaybackState:
    """The state after `command`; the same object when it changes nothing.

    `delay` is the span from now to the moment when a scheduled change takes effect; a pause is immediate.
    `duration` of the item clamps positions, where it is known. Raises Invalid on a position or rate that is
    none, then Conflict where `if_revision` names another revision or nothing is loaded.
    """
    _check(command)
    if command.if_revision is not None and command.if_revision != state.revision:
        raise Conflict(
            f"the room is at revision {state.revision}, not {command.if_revision}", code="playback.revision"
        )
    if state.media_id is None and not isinstance(command, Load):
        raise Conflict("nothing is loaded: add a film and load it first", code="playback.empty")
    changed = _changed(state, command, now, now + delay, duration)
    if changed is state:
        return state
    return replace(changed, revision=state.revision + 1, changed_at=now)


def pause_at(state: PlaybackState, position: float, now: Millis) -> PlaybackState:
    """Paused by the server itself: nobody is there, or the item has ended."""
    return replace(
        state, playing=False, position=position, revision=state.revision + 1, changed_at=now, effective_at=now
    )


def unload(state: PlaybackState, now: Millis) -> PlaybackState:
    """Nothing is loaded any more: the item has left the playlist."""
    return replace(
        state,
        media_id=None,
        playing=False,
        position=0.0,
        revision=state.revision + 1,
        changed_at=now,
        effective_at=now,
    )


def anchored(state: PlaybackState, now: Millis) -> PlaybackState:
    """A state whose start lies more than a second ahead belongs to a clock that has been set back.

    It starts now.
    """
    if state.effective_at - now <= 1_000:
        return state
    return replace(state, effective_at=now)


def _check(command: PlaybackCommand) -> None:
    if isinstance(command, Rate):
        if not RATE_LEAST <= command.rate <= RATE_MOST:
            raise invalid("rate", f"must be {RATE_LEAST} to {RATE_MOST}")
    elif command.position is not None and not 0 <= command.position < math.inf:
        raise invalid("position", "must be a number of seconds from 0")


def _changed(
    state: PlaybackState, command: PlaybackCommand, now: Millis, start: Millis, duration: float | None
) -> PlaybackState:
    match command:
        case Play():
            return _play(state, command, start, duration)
        case Pause():
            return _pause(state, command, now, duration)
        case Seek():
            return _seek(state, command, start, duration)
        case Rate():
            return _rate(state, command, start, duration)
        case Load():
            return _load(command, start, duration)


def _play(state: PlaybackState, command: Play, start: Millis, duration: float | None) -> PlaybackState:
    here = _clamped(state.position_at(start), duration)
    wanted = here if command.position is None else _clamped(command.position, duration)
    if state.playing and abs(wanted - here) < _SAME_POSITION_SECONDS:
        return state
    return replace(state, playing=True, position=wanted, effective_at=start)


def _pause(state: PlaybackState, command: Pause, now: Millis, duration: float | None) -> PlaybackState:
    here = _clamped(state.position_at(now), duration)
    wanted = here if command.position is None else _clamped(command.position, duration)
    if not state.playing and abs(wanted - here) < _SAME_POSITION_SECONDS:
        return state
    return replace(state, playing=False, position=wanted, effective_at=now)


def _seek(state: PlaybackState, command: Seek, start: Millis, duration: float | None) -> PlaybackState:
    wanted = _clamped(command.position, duration)
    if wanted == state.position_at(start):
        return state
    return replace(state, position=wanted, effective_at=start)


def _rate(state: PlaybackState, command: Rate, start: Millis, duration: float | None) -> PlaybackState:
    if command.rate == state.rate:
        return state
    return replace(
        state, rate=command.rate, position=_clamped(state.position_at(start), duration), effective_at=start
    )


def _load(command: Load, start: Millis, duration: float | None) -> PlaybackState:
    position = _clamped(command.position, duration)
    return PlaybackState(command.media_id, command.playing, position, 1.0, effective_at=start)


def _clamped(position: float, duration: float | None) -> float:
    # Adding zero turns a negative zero, which JSON would show, into a plain one.
    return (position if duration is None else min(position, duration)) + 0.0
