"""The contract of Counters, over every implementation."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synctv_server.cluster.counters import Counters
from synctv_server.cluster.memory.counters import MemoryCounters
from tests.contract.conftest import Clock


async def test_hits_up_to_the_limit_are_allowed_and_the_next_is_told_when(
    counters: Counters, clock: Clock
) -> None:
    first = await counters.hit("a", 2, 1_000)
    assert (first.allowed, first.remaining) == (True, 1)
    clock.go(400)
    assert (await counters.hit("a", 2, 1_000)).allowed
    clock.go(100)
    refused = await counters.hit("a", 2, 1_000)
    assert not refused.allowed
    clock.go(refused.retry_after_ms - 1)
    assert not (await counters.hit("a", 2, 1_000)).allowed
    clock.go(1)
    assert (await counters.hit("a", 2, 1_000)).allowed


async def test_keys_do_not_know_each_other(counters: Counters) -> None:
    assert (await counters.hit("a", 1, 1_000)).allowed
    assert (await counters.hit("b", 1, 1_000)).allowed
    assert not (await counters.hit("a", 1, 1_000)).allowed


async def test_a_refused_hit_counts_for_nothing(counters: Counters, clock: Clock) -> None:
    await counters.hit("a", 1, 1_000)
    for _ in range(5):
        clock.go(200)
        await counters.hit("a", 1, 1_000)
    clock.go(1)
    assert (await counters.hit("a", 1, 1_000)).allowed


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 400), max_size=80), st.integers(1, 6))
async def test_no_window_wherever_it_begins_holds_more_than_its_number(gaps: list[int], limit: int) -> None:
    clock = Clock()
    counters = MemoryCounters(clock.now)
    allowed: list[int] = []
    for gap in gaps:
        clock.go(gap)
        if (await counters.hit("a", limit, 1_000)).allowed:
            allowed.append(clock.now())
    assert all(sum(start <= moment <= start + 1_000 for moment in allowed) <= limit for start in allowed)


async def test_keys_whose_windows_have_passed_are_forgotten(clock: Clock) -> None:
    counters = MemoryCounters(clock.now)
    for key in range(50):
        await counters.hit(str(key), 3, 1_000)
    clock.go(1_001)
    for key in range(30):
        await counters.hit(f"later {key}", 3, 1_000)
    assert len(counters) <= 31
