"""What a page's `<video>` really did, against what the room wanted: recorded in the page, judged here.

The server's clock and the pages' are one, since they run on one machine, so nothing that the page believes counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

State = dict[str, Any]

RECORD = """() => {
  const video = document.querySelector('video');
  const now = () => performance.timeOrigin + performance.now();
  const record = { readings: [], events: [] };
  globalThis.pictureRecord = record;
  setInterval(() => record.readings.push([now(), video.currentTime]), 50);
  for (const name of ['play', 'pause', 'seeking', 'ratechange']) {
    video.addEventListener(name, () => record.events.push([now(), name, video.currentTime, video.playbackRate]));
  }
}"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a `<video>`; `at` in milliseconds since the epoch, `position` in seconds."""

    at: float
    name: str
    position: float
    rate: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that one page's video did: readings every 50 ms as (moment, position), and events."""

    readings: Sequence[tuple[float, float]]
    events: Sequence[Event]

    @property
    def longest_gap(self) -> float:
        """The most milliseconds between two readings: far more than 50, and the page was given no time."""
        moments = [at for at, _ in self.readings]
        return max(after - before for before, after in itertools.pairwise(moments))

    def drifts(self, states: Sequence[State]) -> list[float]:
        """Milliseconds ahead of the room at each reading at which the room played."""
        return [
            (position - position_at(state, moment)) * 1000
            for moment, position in self.readings
            if (state := in_force(states, moment)) and state["playing"]
        ]

    def landing(self, name: str, state: State) -> float:
        """Milliseconds from `effective_at` to the event by which the page carried the command out."""
        due = float(state["effective_at"])
        return next(event.at for event in self.events if event.name == name and event.at > due - 500) - due

    def position(self, moment: float) -> float:
        """The last reading before a moment."""
        return [position for at, position in self.readings if at <= moment][-1]


async def start_recording(page: Page) -> None:
    await page.evaluate(RECORD)


async def recorded(page: Page) -> Picture:
    record = await page.evaluate("() => globalThis.pictureRecord")
    return Picture(
        [(at, position) for at, position in record["readings"]], [Event(*each) for each in record["events"]]
    )


def between(first: Picture, second: Picture, states: Sequence[State]) -> list[float]:
    """Milliseconds by which the second picture is ahead of the first, at the moments of the first one's readings."""
    found = []
    others = list(second.readings)
    for moment, position in first.readings:
        state = in_force(states, moment)
        while len(others) > 1 and others[1][0] <= moment:
            others.pop(0)
        at, there = others[0]
        if state and state["playing"] and at <= moment and in_force(states, at) is state:
            found.append((there - position) * 1000 + (moment - at) * state["rate"])
    return found


def in_force(states: Sequence[State], moment: float) -> State | None:
    """The newest state that had taken effect."""
    due = [state for state in states if state["effective_at"] <= moment]
    return max(due, key=lambda state: int(state["revision"]), default=None)


def position_at(state: State, moment: float) -> float:
    """Contract: `position + max(0, t - effective_at)/1000 x rate` while playing."""
    elapsed = max(0.0, moment - state["effective_at"]) / 1000 if state["playing"] else 0.0
    return float(state["position"] + elapsed * state["rate"])


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the magnitudes do not exceed."""
    ordered = sorted(map(abs, values))
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
