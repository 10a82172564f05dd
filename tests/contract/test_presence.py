"""The contract of Presence, over every implementation."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.cluster.presence import ConnectionCounts, ConnectionLimits, Presence
from synctv_server.domain.errors import Conflict, RateLimited, SyncTVError, Unavailable
from synctv_server.domain.ids import ConnectionId, RoomId, UserId

ROOM = RoomId("room_a")
OTHER = RoomId("room_b")
ANN = UserId("usr_ann")
BOB = UserId("usr_bob")
WIDE = ConnectionLimits(per_user=100, per_room=100, total=100)


async def enter(
    presence: Presence, name: str, user: UserId, room: RoomId = ROOM, limits: ConnectionLimits = WIDE
) -> None:
    await presence.enter(room, user, ConnectionId(name), limits)


async def test_a_person_is_present_once_over_many_devices(presence: Presence) -> None:
    await enter(presence, "con_1", ANN)
    await enter(presence, "con_2", ANN)
    assert await presence.present(ROOM) == {ANN}
    await presence.leave(ConnectionId("con_1"))
    assert await presence.present(ROOM) == {ANN}
    await presence.leave(ConnectionId("con_2"))
    assert await presence.present(ROOM) == frozenset()


async def test_connections_are_counted_for_person_room_and_server(presence: Presence) -> None:
    await enter(presence, "con_1", ANN)
    await enter(presence, "con_2", ANN, OTHER)
    await enter(presence, "con_3", BOB)
    assert await presence.counts(ROOM, ANN) == ConnectionCounts(user=2, room=2, total=3)


async def test_leaving_twice_counts_once(presence: Presence) -> None:
    await enter(presence, "con_1", ANN)
    await enter(presence, "con_2", ANN)
    await presence.leave(ConnectionId("con_1"))
    await presence.leave(ConnectionId("con_1"))
    assert await presence.counts(ROOM, ANN) == ConnectionCounts(user=1, room=1, total=1)


@pytest.mark.parametrize(
    ("limits", "kind", "code"),
    [
        (ConnectionLimits(per_user=1, per_room=9, total=9), RateLimited, "connections.too_many"),
        (ConnectionLimits(per_user=9, per_room=1, total=9), Conflict, "room.full"),
        (ConnectionLimits(per_user=9, per_room=9, total=1), Unavailable, "unavailable"),
    ],
)
async def test_one_more_than_the_limit_is_told_why(
    presence: Presence, limits: ConnectionLimits, kind: type[SyncTVError], code: str
) -> None:
    await enter(presence, "con_1", ANN, limits=limits)
    with pytest.raises(kind) as refused:
        await enter(presence, "con_2", ANN, limits=limits)
    assert refused.value.code == code
    assert (await presence.counts(ROOM, ANN)).total == 1


async def test_many_at_one_moment_do_not_get_past_the_limit(presence: Presence) -> None:
    limits = ConnectionLimits(per_user=5, per_room=100, total=100)
    tries = [enter(presence, f"con_{n}", ANN, limits=limits) for n in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(answer is None for answer in answers) == 5
    assert (await presence.counts(ROOM, ANN)).user == 5
