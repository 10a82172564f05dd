"""The rules of the one playback state, as properties over any state and any sequence of commands."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain import playback
from synctv_server.domain.commands import Load, Pause, Play, PlaybackCommand, Rate, Seek
from synctv_server.domain.errors import Conflict, Invalid
from synctv_server.domain.ids import MediaId
from synctv_server.domain.playback import PlaybackState

T0 = 1_700_000_000_000
FILM = MediaId("med_film")

positions = st.floats(min_value=0, max_value=100_000, allow_nan=False)
rates = st.floats(min_value=playback.RATE_LEAST, max_value=playback.RATE_MOST)
moments = st.integers(min_value=T0, max_value=T0 + 10_000_000)
delays = st.integers(min_value=playback.DELAY_LEAST, max_value=playback.DELAY_MOST)
durations = st.none() | st.floats(min_value=0, max_value=20_000)
commands = st.one_of(
    st.builds(Play, position=st.none() | positions),
    st.builds(Pause, position=st.none() | positions),
    st.builds(Seek, position=positions),
    st.builds(Rate, rate=rates),
    st.builds(Load, media_id=st.just(FILM), position=positions, playing=st.booleans()),
)


@st.composite
def loaded_states(draw: st.DrawFn) -> PlaybackState:
    return PlaybackState(
        media_id=FILM,
        playing=draw(st.booleans()),
        position=draw(positions),
        rate=draw(rates),
        revision=draw(st.integers(0, 1_000)),
        changed_at=T0,
        effective_at=T0 + draw(st.integers(0, 400)),
    )


@given(loaded_states(), moments, st.integers(0, 1_000_000))
def test_position_never_runs_backwards(state: PlaybackState, moment: int, later: int) -> None:
    assert state.position_at(moment + later) >= state.position_at(moment)


@given(loaded_states(), commands, moments, delays, durations)
def test_revision_rises_by_one_for_a_change_and_not_at_all_for_none(
    state: PlaybackState, command: PlaybackCommand, now: int, delay: int, duration: float | None
) -> None:
    after = playback.apply(state, command, now, delay=delay, duration=duration)
    if after is state:
        assert not isinstance(command, Load)
    else:
        assert after.revision == state.revision + 1
        assert after.changed_at == now
        assert replace(after, revision=state.revision, changed_at=state.changed_at) != state or isinstance(
            command, Load
        )


@given(loaded_states(), commands, moments, delays, durations)
def test_repeat_at_the_same_moment_changes_nothing(
    state: PlaybackState, command: PlaybackCommand, now: int, delay: int, duration: float | None
) -> None:
    once = playback.apply(state, command, now, delay=delay, duration=duration)
    twice = playback.apply(once, command, now, delay=delay, duration=duration)
    if not isinstance(command, Load):
        assert twice is once


@given(loaded_states(), moments, delays)
def test_pause_then_play_at_one_instant_leaves_the_position(
    state: PlaybackState, now: int, delay: int
) -> None:
    paused = playback.apply(state, Pause(), now, delay=delay)
    playing = playback.apply(paused, Play(), now, delay=delay)
    assert paused.position == state.position_at(now)
    assert playing.position == paused.position
    assert playing.playing
    assert not paused.playing


@given(loaded_states(), rates, moments, delays)
def test_rate_change_keeps_the_position_continuous(
    state: PlaybackState, rate: float, now: int, delay: int
) -> None:
    after = playback.apply(state, Rate(rate=rate), now, delay=delay)
    at = now + delay
    assert math.isclose(after.position_at(at), state.position_at(at), rel_tol=1e-12, abs_tol=1e-9)
    assert after.rate == rate
    assert after.playing == state.playing


@given(st.lists(st.tuples(commands, st.integers(0, 5_000), delays), max_size=30), durations)
def test_any_sequence_leaves_a_state_that_makes_sense(
    steps: list[tuple[PlaybackCommand, int, int]], duration: float | None
) -> None:
    now = T0
    state = playback.apply(PlaybackState(), Load(media_id=FILM), now, delay=50, duration=duration)
    for command, wait, delay in steps:
        now += wait
        before = state
        state = playback.apply(state, command, now, delay=delay, duration=duration)
        assert state.revision in (before.revision, before.revision + 1)
        assert 0 <= state.position < math.inf
        assert math.copysign(1, state.position) == 1
        assert playback.RATE_LEAST <= state.rate <= playback.RATE_MOST
        assert duration is None or state.position <= duration
        assert state.effective_at <= now + playback.DELAY_MOST


@given(loaded_states(), moments, delays)
def test_only_a_pause_is_immediate(state: PlaybackState, now: int, delay: int) -> None:
    away = state.position_at(now + delay) + 10
    assert playback.apply(state, Pause(position=away), now, delay=delay).effective_at == now
    for command in (Play(position=away), Seek(position=away), Load(media_id=FILM)):
        assert playback.apply(state, command, now, delay=delay).effective_at == now + delay


@given(commands.filter(lambda c: not isinstance(c, Load)))
def test_nothing_but_a_load_works_on_an_empty_room(command: PlaybackCommand) -> None:
    with pytest.raises(Conflict) as caught:
        playback.apply(PlaybackState(), command, T0, delay=50)
    assert caught.value.code == "playback.empty"


@given(loaded_states(), commands, st.integers(1, 50))
def test_command_for_another_revision_is_a_conflict(
    state: PlaybackState, command: PlaybackCommand, off_by: int
) -> None:
    with pytest.raises(Conflict):
        playback.apply(state, replace(command, if_revision=state.revision + off_by), T0, delay=50)
    playback.apply(state, replace(command, if_revision=state.revision), T0, delay=50)


@pytest.mark.parametrize("position", [-1.0, -1e-9, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("state", [PlaybackState(), PlaybackState(media_id=FILM)])
def test_position_that_is_none_is_invalid(state: PlaybackState, position: float) -> None:
    bad: list[PlaybackCommand] = [
        Play(position=position),
        Pause(position=position),
        Seek(position=position),
        Load(media_id=FILM, position=position),
    ]
    for command in bad:
        with pytest.raises(Invalid) as caught:
            playback.apply(state, command, T0, delay=50)
        assert caught.value.errors[0].field == "position"


@pytest.mark.parametrize("rate", [0.0, 0.24, 4.01, -1.0, math.inf, math.nan])
def test_rate_out_of_bounds_is_invalid(rate: float) -> None:
    with pytest.raises(Invalid):
        playback.apply(PlaybackState(media_id=FILM), Rate(rate=rate), T0, delay=50)


def test_position_beyond_a_known_duration_is_clamped() -> None:
    state = PlaybackState(media_id=FILM)
    assert playback.apply(state, Seek(position=900), T0, delay=50, duration=600.0).position == 600.0
    assert playback.apply(state, Seek(position=900), T0, delay=50).position == 900


def test_play_without_a_position_on_a_playing_room_changes_nothing() -> None:
    state = PlaybackState(media_id=FILM, playing=True, position=10, effective_at=T0)
    assert playback.apply(state, Play(), T0 + 5_000, delay=50) is state
    assert playback.apply(state, Play(position=40), T0 + 5_000, delay=50).position == 40


def test_load_forgets_rate_and_position_of_the_item_before() -> None:
    state = PlaybackState(FILM, playing=True, position=50, rate=2.0, revision=7, effective_at=T0)
    after = playback.apply(state, Load(media_id=MediaId("med_next"), playing=False), T0, delay=50)
    assert (after.media_id, after.position, after.rate, after.playing) == ("med_next", 0.0, 1.0, False)


@given(loaded_states(), moments)
def test_unloading_and_pausing_by_the_server_are_changes(state: PlaybackState, now: int) -> None:
    gone = playback.unload(state, now)
    assert (gone.media_id, gone.playing, gone.position) == (None, False, 0.0)
    assert gone.revision == state.revision + 1
    held = playback.pause_at(state, state.position_at(now), now)
    assert held.position_at(now + 60_000) == state.position_at(now)
    assert held.revision == state.revision + 1


@given(loaded_states(), st.integers(-100_000, 100_000))
def test_start_far_ahead_of_the_clock_is_anchored_to_now(state: PlaybackState, skew: int) -> None:
    now = state.effective_at + skew
    after = playback.anchored(state, now)
    assert after.effective_at - now <= 1_000
    assert after.position == state.position
    if skew >= -1_000:
        assert after is state


@given(st.integers(0, 100_000))
def test_start_delay_stays_within_its_bounds(one_way: int) -> None:
    assert playback.DELAY_LEAST <= playback.start_delay(one_way) <= playback.DELAY_MOST
    assert playback.start_delay(one_way) <= playback.start_delay(one_way + 1)
