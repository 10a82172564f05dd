"""A hundred thousand frames that are nearly right: no fault, no hang, no growth, and the others never notice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

from tests.support.client import RoomClient
from tests.support.evening import Evening, evening
from tests.support.frames.mutations import mutated_frame, mutated_text
from tests.support.frames.raw import CLOSE, RawSocket, text
from tests.support.processes import resident_bytes
from tests.support.waiting import eventually

FRAMES = 100_000
TEXTS_EACH = 19
"""Of each connection; the frame behind them mostly ends it."""
PROBE = '{"type":"time.ping","t0":424242}'
PROBED = b'"t0":424242'
HANDS = 8
WARM_PART = 0.2
GROWTH_BYTES_MOST = 24 * 1_024 * 1_024
HANG_UP_SECONDS = 10


async def test_nothing_but_the_rules_comes_of_mutated_frames(tmp_path: Path) -> None:
    async with (
        evening(tmp_path, guests=1, limits__connections_per_user="50") as night,
        night.person(0) as one,
    ):
        ann = await one.present()
        seeds = list(range(FRAMES // (TEXTS_EACH + 1)))
        warm = round(len(seeds) * WARM_PART)
        pid = night.server.process.pid
        await throw(night, seeds[:warm])
        before, files = resident_bytes(pid), count_files(pid)
        await throw(night, seeds[warm:])
        await eventually(lambda: count_files(pid) <= files, within_seconds=HANG_UP_SECONDS)
        assert resident_bytes(pid) - before < GROWTH_BYTES_MOST
        await notices_nothing(ann)
        async with night.http(None) as http:
            page = (await http.get("/metrics")).text
        assert one.welcomes[1:] == []
    assert "Traceback" not in night.log.read_text()
    faults = [line for line in page.splitlines() if line.startswith("synctv_internal_errors_total")]
    assert all(line.endswith(" 0.0") for line in faults), faults
    assert count_messages(page, "in") > FRAMES // 20
    assert count_messages(page, "out") > FRAMES // 2


async def throw(night: Evening, seeds: list[int]) -> None:
    """One connection for each seed, several at a time."""
    left = iter(seeds)
    async with asyncio.TaskGroup() as hands:
        for _ in range(HANDS):
            hands.create_task(throw_each(night, left))


async def throw_each(night: Evening, left: Iterator[int]) -> None:
    for seed in left:
        rng = random.Random(seed)
        async with RawSocket(night.url, night.room, night.tokens[1]) as raw:
            raw.send(b"".join(mutated_text(rng) for _ in range(TEXTS_EACH)) + text(PROBE))
            await answers_or_closes(raw)
            raw.send(mutated_frame(rng))
            raw.writer.write_eof()
            await hangs_up(raw)


async def answers_or_closes(raw: RawSocket) -> None:
    """All texts were whole, so what stands behind them is answered, if none of them was reason to close."""
    while True:
        opcode, payload = await raw.next()
        if opcode == CLOSE or PROBED in payload:
            return


async def hangs_up(raw: RawSocket) -> None:
    """The server ends a connection whose other half is closed, whatever it has been sent."""
    try:
        async with asyncio.timeout(HANG_UP_SECONDS):
            while await raw.reader.read(1 << 16):
                pass
    except ConnectionResetError:
        pass  # it left something unread


async def notices_nothing(ann: RoomClient) -> None:
    """Her line still works, and nobody has told her of an error."""
    await ann.ok("chat.send", text="all is well")
    assert not [frame for frame in ann.frames if frame["type"] == "error"]


def count_messages(page: str, direction: str) -> float:
    """How many frames of this direction were understood, or said, by what /metrics shows."""
    start = f'synctv_ws_messages_total{{direction="{direction}"'
    return sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith(start))


def count_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
