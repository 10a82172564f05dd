"""The stand-ins for a queue and an event behave as those do, for what uvicorn asks of them."""

from __future__ import annotations

import asyncio

from synctv_server.api.ws.trims import Gate, Inbox


async def test_messages_come_out_in_order_before_and_after_somebody_waits() -> None:
    inbox = Inbox()
    inbox.put_nowait(1)
    inbox.put_nowait(2)
    assert not inbox.empty()
    assert [await inbox.get(), await inbox.get()] == [1, 2]
    assert inbox.empty()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait(3)
    inbox.put_nowait(4)
    assert await waiting == 3
    assert await inbox.get() == 4


async def test_a_reader_that_is_cancelled_loses_no_message() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait(1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await asyncio.wait_for(inbox.get(), 1) == 1


async def test_a_gate_lets_everybody_through_when_it_opens() -> None:
    gate = Gate()
    assert gate.is_set()
    assert await gate.wait()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    gate.set()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)


async def test_one_who_gives_up_does_not_hold_the_gate() -> None:
    gate = Gate()
    gate.clear()
    gone, stays = asyncio.create_task(gate.wait()), asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    gate.set()
    await asyncio.wait_for(stays, 1)
