"""Everybody is cut off and comes back at the same moment, as after a restart of somebody's router."""

from __future__ import annotations

from pathlib import Path

from tests.load.findings import Outcome
from tests.load.seating import scene

VIEWERS = 200
AWAY_SECONDS = 12  # longer than `member.left` waits, so that every going and coming is told


def comeback(folder: Path, scale: float) -> Outcome:
    """How long until the last has its welcome, and how many frames tell of who came and went."""
    outcome = Outcome()
    viewers = max(20, round(VIEWERS * scale))
    with scene(folder, viewers=viewers, of_a_person=1) as stage:
        crowd = stage.viewers
        crowd.open(0, viewers).require_whole("comeback")
        crowd.wait(1)
        entries = {}
        for name, away in (("at once", 0.0), (f"after {AWAY_SECONDS} s", AWAY_SECONDS)):
            crowd.drop(0, viewers)
            crowd.wait(away)
            back = crowd.open(0, viewers, at_once=viewers)
            back.require_whole("comeback")
            told = back.presence_frames + crowd.wait(1).presence_frames
            outcome.found(f"back {name}: first welcome", back.delays_ms[0], "ms")
            outcome.found(f"back {name}: last welcome", back.most_ms, "ms", most=2_000)
            outcome.found(f"back {name}: frames of presence", told, most=2_000)
            entries[name] = back.delays_ms
    outcome.plot_delays(f"{viewers} come back", entries)
    return outcome
