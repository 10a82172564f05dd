"""Coming and going: told in batches, once for each person, and not at all for a short absence."""

from __future__ import annotations

import asyncio

from synctv_server.domain.events import Change, MemberJoined, MemberLeft
from synctv_server.domain.ids import UserId
from synctv_server.realtime.presence import ABSENCE, Attendance
from tests.unit.realtime.conftest import member_of


class Hall:
    """An attendance, its clock, and what it told."""

    def __init__(self) -> None:
        self.moment = 1_000
        self.told: list[Change] = []
        self.attendance = Attendance(lambda: self.moment, self.told.append)

    async def until_told(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.told) < count:  # noqa: ASYNC110 (waits for the loop's own timer)
                await asyncio.sleep(0.005)


ANN = UserId("usr_ann")


async def test_200_who_come_at_once_are_one_event() -> None:
    hall = Hall()
    for n in range(200):
        hall.attendance.arrive(member_of(f"v{n}"))
    await hall.until_told(1)
    (joined,) = hall.told
    assert isinstance(joined, MemberJoined)
    assert len(joined.members) == 200


async def test_a_second_device_is_not_told() -> None:
    hall = Hall()
    hall.attendance.arrive(member_of("ann"))
    await hall.until_told(1)
    hall.attendance.arrive(member_of("ann"))
    hall.attendance.arrive(member_of("bob"))
    await hall.until_told(2)
    assert hall.told[1] == MemberJoined((member_of("bob"),))
    hall.attendance.depart(ANN)
    hall.moment += ABSENCE + 1
    hall.attendance.tell_departures()
    assert len(hall.told) == 2


async def test_going_is_told_ten_seconds_after_the_last_connection() -> None:
    hall = Hall()
    hall.attendance.arrive(member_of("ann"))
    await hall.until_told(1)
    hall.attendance.depart(ANN)
    hall.moment += ABSENCE - 1
    hall.attendance.tell_departures()
    assert len(hall.told) == 1
    assert not hall.attendance.is_settled
    hall.moment += 1
    hall.attendance.tell_departures()
    assert hall.told[1] == MemberLeft((ANN,))
    assert hall.attendance.is_settled


async def test_who_comes_back_in_time_was_never_gone() -> None:
    hall = Hall()
    hall.attendance.arrive(member_of("ann"))
    await hall.until_told(1)
    hall.attendance.depart(ANN)
    hall.moment += ABSENCE - 1
    hall.attendance.arrive(member_of("ann"))
    hall.moment += ABSENCE
    hall.attendance.tell_departures()
    assert len(hall.told) == 1


async def test_who_is_gone_before_it_was_told_was_never_here() -> None:
    hall = Hall()
    hall.attendance.arrive(member_of("ann"))
    hall.attendance.arrive(member_of("bob"))
    hall.attendance.depart(ANN)
    await hall.until_told(1)
    assert hall.told == [MemberJoined((member_of("bob"),))]
