"""The contract of Once, over every implementation."""

from __future__ import annotations

import asyncio

from synctv_server.cluster.memory.once import MemoryOnce
from synctv_server.cluster.once import Once
from tests.contract.conftest import Clock


async def test_of_many_who_take_at_one_moment_one_gets_it(once: Once) -> None:
    await once.put("a", b"value", 1_000)
    taken = await asyncio.gather(*(once.take("a") for _ in range(10)))
    assert sorted(value is not None for value in taken) == [False] * 9 + [True]
    assert b"value" in taken


async def test_an_expired_value_is_gone(once: Once, clock: Clock) -> None:
    await once.put("a", b"value", 1_000)
    clock.go(1_000)
    assert await once.take("a") is None


async def test_an_unknown_key_is_none(once: Once) -> None:
    assert await once.take("a") is None


async def test_what_nobody_took_does_not_stay(clock: Clock) -> None:
    once = MemoryOnce(clock.now)
    for key in range(20):
        await once.put(str(key), b"value", 1_000)
    clock.go(1_001)
    await once.put("later", b"value", 1_000)
    assert len(once) == 1
