"""One file for each scenario; `ALL` has them by name, in the order in which they run.

A scenario takes a folder of its own and a scale: 1 is the size that the goals are for, less is for trying it out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.load.findings import Outcome
from tests.load.scenarios.comeback import comeback
from tests.load.scenarios.full_house import full_house
from tests.load.scenarios.jitter import jitter
from tests.load.scenarios.joins import joins
from tests.load.scenarios.many_rooms import many_rooms
from tests.load.scenarios.soak import soak
from tests.load.scenarios.stall import stall
from tests.load.scenarios.storm import storm

Scenario = Callable[[Path, float], Outcome]

ALL: dict[str, Scenario] = {
    "joins": joins,
    "storm": storm,
    "stall": stall,
    "comeback": comeback,
    "jitter": jitter,
    "full-house": full_house,
    "many-rooms": many_rooms,
    "soak": soak,
}
