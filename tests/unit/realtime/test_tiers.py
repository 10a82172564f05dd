"""A full house: everybody is told in order, and the loop looks after others in between."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.tiers import TIER_VIEWERS, TIERS_IN_ONE_GO
from tests.support.waiting import eventually
from tests.unit.realtime.conftest import Stage, tick
from tests.unit.realtime.sockets import KeptSocket

FULL_HOUSE = (TIERS_IN_ONE_GO + 2) * TIER_VIEWERS


def full_house(stage: Stage, viewers: int = FULL_HOUSE) -> list[KeptSocket]:
    return [stage.viewer(f"v{n}")[1] for n in range(viewers)]


def count_told(sockets: list[KeptSocket], seq: int) -> int:
    return sum(seq in socket.seqs() for socket in sockets)


async def all_told(stage: Stage) -> None:
    """Until nothing is due any more."""
    await eventually(lambda: not stage.live.tiers._due)


async def test_the_loop_turns_between_the_tiers_of_a_full_house(stage: Stage) -> None:
    sockets = full_house(stage)
    told = [0]
    await stage.say("hello")
    async with asyncio.timeout(5):
        while told[-1] < FULL_HOUSE:
            await asyncio.sleep(0)
            told.append(count_told(sockets, 1))
    assert {after - before for before, after in pairwise(told)} <= {0, TIER_VIEWERS}


async def test_a_room_of_500_is_told_in_one_go(stage: Stage) -> None:
    sockets = full_house(stage, 500)
    await stage.say("hello")
    await tick()
    assert count_told(sockets, 1) == 500


async def test_a_full_house_hears_of_every_event_once_and_in_order(stage: Stage) -> None:
    sockets = full_house(stage)
    for n in range(12):
        await stage.say(str(n))
        if n % 3:
            await tick()
    await all_told(stage)
    assert all(socket.seqs() == list(range(1, 13)) for socket in sockets)


async def test_who_comes_while_others_are_still_to_be_told_misses_nothing(stage: Stage) -> None:
    sockets = full_house(stage)
    await stage.say("1")
    await asyncio.sleep(0)
    _, late = stage.viewer("late")
    assert late.frames[0]["seq"] == 1
    await stage.say("2")
    await all_told(stage)
    assert late.seqs() == [2]
    assert all(socket.seqs() == [1, 2] for socket in sockets)


async def test_who_is_sent_away_has_heard_what_came_before(stage: Stage) -> None:
    full_house(stage)
    session, socket = stage.viewer("last")
    await stage.say("1")
    session.end(CloseCode.KICKED)
    assert socket.seqs() == [1]
    assert socket.closed_with == CloseCode.KICKED


async def test_an_answer_in_a_full_house_comes_behind_the_batch(stage: Stage) -> None:
    full_house(stage)
    session, socket = stage.viewer("last")
    await stage.say("1")
    session.receive('{"type":"time.ping","t0":1}')
    await all_told(stage)
    assert [frame["type"] for frame in socket.frames[1:]] == ["chat.sent", "time.pong"]


async def test_a_place_that_was_left_is_taken_again(stage: Stage) -> None:
    sessions = [stage.viewer(f"v{n}")[0] for n in range(TIER_VIEWERS)]
    first = sessions[0]._fan_out
    sessions[7].closed()
    session, _ = stage.viewer("next")
    other, _ = stage.viewer("another")
    assert session._fan_out is first
    assert other._fan_out is not first
    assert len(stage.live.tiers) == TIER_VIEWERS + 1
