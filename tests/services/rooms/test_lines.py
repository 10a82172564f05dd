"""A room's waiting line: order, bounds, deadlines and those who give up."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.domain.errors import Unavailable
from synctv_server.services.lines import Lines


def a_line(*, deadline_seconds: float = 5.0, queue_most: int = 100) -> Lines:
    return Lines(deadline_seconds=deadline_seconds, queue_most=queue_most)


async def breathe() -> None:
    """Let every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_turns_come_in_the_order_of_asking_and_never_two_at_once() -> None:
    lines, order, holders = a_line(), [], 0

    async def take(number: int) -> None:
        nonlocal holders
        async with lines.hold("room"):
            holders += 1
            assert holders == 1
            order.append(number)
            await asyncio.sleep(0)
            holders -= 1

    await asyncio.gather(*(take(number) for number in range(50)))
    assert order == list(range(50))
    assert len(lines) == 0


async def test_rooms_do_not_wait_for_each_other() -> None:
    lines = a_line()
    async with lines.hold("one"), lines.hold("other"):
        assert len(lines) == 2
    assert len(lines) == 0


async def test_error_in_a_turn_calls_the_next() -> None:
    lines = a_line()
    with pytest.raises(KeyError):
        async with lines.hold("room"):
            raise KeyError
    async with lines.hold("room"):
        pass


async def test_full_line_is_refused_at_once() -> None:
    lines = a_line(queue_most=2)
    async with lines.hold("room"), asyncio.TaskGroup() as group:

        async def take() -> None:
            async with lines.hold("room"):
                pass

        waiting = [group.create_task(take()) for _ in range(2)]
        await breathe()
        with pytest.raises(Unavailable) as caught:
            async with lines.hold("room"):
                pass
        assert caught.value.code == "room.busy"
        assert caught.value.retry_after_seconds
        for task in waiting:
            task.cancel()


async def test_turn_that_does_not_come_in_time_is_refused() -> None:
    lines = a_line(deadline_seconds=0.01)
    async with lines.hold("room"):
        with pytest.raises(Unavailable):
            async with lines.hold("room"):
                pass
    assert len(lines) == 0


async def test_cancelled_waiter_leaves_the_line() -> None:
    lines, got = a_line(), []

    async def take(name: str) -> None:
        async with lines.hold("room"):
            got.append(name)

    async with lines.hold("room"):
        first, second = asyncio.create_task(take("first")), asyncio.create_task(take("second"))
        await breathe()
        first.cancel()
        await breathe()
    await second
    assert first.cancelled()
    assert got == ["second"]
    assert len(lines) == 0


async def test_waiter_cancelled_when_it_is_called_calls_the_next() -> None:
    lines, got = a_line(), []

    async def take(name: str) -> None:
        async with lines.hold("room"):
            got.append(name)

    async with lines.hold("room"):
        first, second = asyncio.create_task(take("first")), asyncio.create_task(take("second"))
        await breathe()
    first.cancel()  # its turn has come, and it has not run yet
    await second
    assert got == ["second"]
    assert len(lines) == 0
