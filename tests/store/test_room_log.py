"""The log of rooms in both databases."""

from __future__ import annotations

from synctv_server.domain.room_log import RoomDeed, RoomRecord
from synctv_server.domain.rooms import Room
from synctv_server.store import Database
from synctv_server.store.room_log import RoomLogStore
from tests.support import samples


def record(room: Room, deed: RoomDeed, at: int = samples.NOW) -> RoomRecord:
    return RoomRecord(samples.ids.record(), room.id, at, deed)


async def test_lines_come_back_as_they_were_the_newest_first(database: Database, room: Room) -> None:
    store = RoomLogStore(database)
    ann, bob = samples.person("ann"), samples.person("bob")
    lines = [
        record(room, RoomDeed("room.closed", None)),
        record(room, RoomDeed("member.kicked", ann, bob)),
        record(room, RoomDeed("playback.sought", bob, details={"position": 1.5})),
    ]
    await store.add(lines)
    first = await store.list_records(room.id, None, 2)
    rest = await store.list_records(room.id, first.next_cursor, 2)
    assert [*first.items, *rest.items] == lines[::-1]
    assert rest.next_cursor is None


async def test_old_lines_are_forgotten(database: Database, room: Room) -> None:
    store = RoomLogStore(database)
    old = record(room, RoomDeed("room.closed", None), at=samples.NOW - 1)
    kept = record(room, RoomDeed("room.reopened", None))
    await store.add([old, kept])
    assert await store.delete_expired(samples.NOW) == 1
    assert (await store.list_records(room.id, None, 5)).items == (kept,)
