"""Ids: ordered as they were made, whatever the clock does, and of one shape."""

from __future__ import annotations

import re
import secrets

from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain.ids import Ids

T0 = 1_700_000_000_000


@given(st.lists(st.integers(-5_000, 5_000), min_size=2, max_size=60))
def test_ids_rise_although_the_clock_stands_still_or_steps_back(steps: list[int]) -> None:
    clock = [T0]
    ids = Ids(lambda: clock[0], secrets.token_bytes)
    made = []
    for step in steps:
        clock[0] += step
        made.append(ids.message())
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ten_thousand_ids_of_one_millisecond_keep_their_order() -> None:
    ids = Ids(lambda: T0, lambda count: b"\xff" * count)
    made = [ids.message() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_each_noun_has_its_prefix_and_twenty_six_characters() -> None:
    ids = Ids(lambda: T0, secrets.token_bytes)
    made = {
        "usr": ids.user(),
        "room": ids.room(),
        "med": ids.media(),
        "msg": ids.message(),
        "ses": ids.session(),
        "con": ids.connection(),
        "inv": ids.invitation(),
    }
    for prefix, value in made.items():
        assert re.fullmatch(prefix + "_[0-9a-hjkmnp-tv-z]{26}", value)


def test_id_of_a_later_millisecond_sorts_after_all_before() -> None:
    early = Ids(lambda: T0, lambda count: b"\xff" * count).room()
    late = Ids(lambda: T0 + 1, lambda count: b"\x00" * count).room()
    assert early < late
