"""Rate limits: what counts together, what does not, and when to come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.cluster.memory.counters import MemoryCounters
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.errors import RateLimited
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.times import MINUTE, SECOND
from synctv_server.services.limits import Limits
from tests.services.conftest import Clock

ROOM, ANN = RoomId("room_a"), UserId("usr_ann")


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(MemoryCounters(clock), LimitsSection())


async def is_allowed(count: Awaitable[None]) -> bool:
    try:
        await count
    except RateLimited:
        return False
    return True


@pytest.mark.parametrize(
    ("count", "most", "window"),
    [
        (lambda limits: limits.auth("192.0.2.7"), 5, MINUTE),
        (lambda limits: limits.guests("192.0.2.7"), 30, MINUTE),
        (lambda limits: limits.room_password(ROOM, "192.0.2.7"), 5, MINUTE),
        (lambda limits: limits.write("usr_ann"), 120, MINUTE),
        (lambda limits: limits.read("usr_ann"), 600, MINUTE),
        (lambda limits: limits.chat(ROOM, ANN), 10, SECOND),
    ],
)
async def test_each_limit_has_its_number_and_its_window(
    limits: Limits, clock: Clock, count: Callable[[Limits], Awaitable[None]], most: int, window: int
) -> None:
    for _ in range(most):
        await count(limits)
    with pytest.raises(RateLimited) as refused:
        await count(limits)
    assert window <= (refused.value.retry_after_seconds or 0) * SECOND <= window + 1
    clock.moment += round((refused.value.retry_after_seconds or 0) * SECOND)
    await count(limits)


async def test_one_address_leaves_others_their_share(limits: Limits) -> None:
    for _ in range(5):
        await limits.auth("192.0.2.7")
    assert not await is_allowed(limits.auth("192.0.2.7"))
    assert await is_allowed(limits.auth("192.0.2.8"))


async def test_one_customer_with_many_ipv6_addresses_is_one(limits: Limits) -> None:
    for number in range(5):
        await limits.auth(f"2001:db8:1:2::{number}")
    assert not await is_allowed(limits.auth("2001:db8:1:2::ffff"))
    assert await is_allowed(limits.auth("2001:db8:1:3::1"))


async def test_limits_do_not_eat_into_each_other(limits: Limits) -> None:
    for _ in range(5):
        await limits.auth("192.0.2.7")
    for other in (limits.read("192.0.2.7"), limits.write("192.0.2.7"), limits.guests("192.0.2.7")):
        assert await is_allowed(other)
    for _ in range(10):
        await limits.chat(ROOM, ANN)
    assert await is_allowed(limits.chat(RoomId("room_b"), ANN))
    assert await is_allowed(limits.chat(ROOM, UserId("usr_bob")))


async def test_who_was_refused_is_told_by_name(clock: Clock) -> None:
    refused: list[str] = []
    limits = Limits(MemoryCounters(clock), LimitsSection(auth_per_minute=1), refused.append)
    await limits.auth("192.0.2.7")
    assert not await is_allowed(limits.auth("192.0.2.7"))
    assert refused == ["auth"]


async def test_switched_off_limits_count_nothing(clock: Clock) -> None:
    limits = Limits(MemoryCounters(clock), LimitsSection(enabled=False, auth_per_minute=1))
    assert all([await is_allowed(limits.auth("192.0.2.7")) for _ in range(50)])


@given(pauses=st.lists(st.integers(0, 400), min_size=1, max_size=120))
async def test_no_second_holds_more_chat_than_allowed(pauses: list[int]) -> None:
    clock = Clock()
    limits = Limits(MemoryCounters(clock), LimitsSection())
    said: list[int] = []
    for pause in pauses:
        clock.moment += pause
        if await is_allowed(limits.chat(ROOM, ANN)):
            said.append(clock.moment)
    for first in said:
        assert sum(first <= moment <= first + SECOND for moment in said) <= 10
