"""What the audit log's chain costs: a durable transaction with an entry beside the same one without, on both databases.

The baseline is durable too, as such transactions are anyway. The entry adds three statements with the head of the chain
locked, and the file outside: written, synced, renamed. The PostgreSQL of the tests does not sync, so that there the
file is all the waiting for the disk that there is.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.ids import RoomId
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.store import Database, open_database
from synctv_server.store.rooms import RoomStore
from synctv_server.store.trail import AuditTrail
from synctv_server.store.users import UserStore
from tests.support import databases, samples

_ROUNDS = 9
_TIMES = 80
_AT_ONCE = 8
_OPERATOR = Actor(ActorKind.OPERATOR, "root", uid=0)

Work = Callable[[], Awaitable[None]]


def main() -> None:
    """Prints milliseconds per transaction, the median of the rounds, and the ratio to the one without an entry."""
    for kind in ("sqlite", "postgres"):
        asyncio.run(_measure(kind))


async def _measure(kind: str) -> None:
    with tempfile.TemporaryDirectory(prefix="synctv-bench-") as folder:
        url = await databases.migrated(kind, Path(folder))
        async with (
            open_database(url, trail=AuditTrail(Path(folder) / "head.json")) as full,
            open_database(url) as without_file,
        ):
            room_id = await _room(full)
            for tasks in (1, _AT_ONCE):
                works = (
                    _work(full, room_id, is_audited=False),
                    _work(without_file, room_id, is_audited=True),
                    _work(full, room_id, is_audited=True),
                )
                plain, chained, whole = await _costs(works, tasks)
                print(
                    f"{kind:8} {tasks} at once   plain {plain:6.2f} ms"
                    f"   with the chain {chained:6.2f} ms × {chained / plain:.2f}"
                    f"   and the file {whole:6.2f} ms × {whole / plain:.2f}"
                )


async def _room(database: Database) -> RoomId:
    ann = samples.user("Ann")
    room = samples.room(samples.person_of(ann))
    await UserStore(database).create(ann, None)
    await RoomStore(database).create(room)
    return room.id


def _work(database: Database, room_id: RoomId, *, is_audited: bool) -> Work:
    rooms = RoomStore(database)
    deed = Deed("room.closed", Party("room", room_id, "Film night"), after={"status": "closed"})

    async def work() -> None:
        async with database.transaction(durable=True) as transaction:
            await rooms.get_room(room_id)
            await rooms.bump_playlist(room_id)
            if is_audited:
                transaction.audit(_OPERATOR, deed)

    return work


async def _costs(works: Sequence[Work], tasks: int) -> list[float]:
    """The median of each, taken in turns, so that a busy moment of the machine meets all of them."""
    rounds = [[await _cost(work, tasks) for work in works] for _ in range(_ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


async def _cost(work: Work, tasks: int) -> float:
    """Milliseconds from one end to the next, whoever's it is."""

    async def some() -> None:
        for _ in itertools.repeat(None, _TIMES // tasks):
            await work()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(tasks)))
    return (time.perf_counter() - began) / (_TIMES // tasks * tasks) * 1_000
