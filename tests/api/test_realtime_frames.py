"""Frames as RFC 6455 allows and forbids them, from a socket made of bytes; who watches beside it notices nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.client import RoomClient
from tests.support.frames.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawSocket,
    frame,
    text,
)
from tests.support.live import Account, LiveServer, serving
from tests.support.waiting import eventually

ASK = '{"type":"time.ping","t0":17}'
HALF, REST = ASK[:9].encode(), ASK[9:].encode()
TOO_LARGE = 64 * 1_024 + 1
MEGABYTE = 1_024 * 1_024


@dataclass(frozen=True, slots=True)
class Stage:
    """A room with ann in it, who has to notice nothing, and with a place for a raw socket of bob's."""

    server: LiveServer
    room: str
    ann: RoomClient
    bob: Account

    def raw(self) -> RawSocket:
        return RawSocket(self.server.base, self.room, self.bob.token)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with serving(tmp_path) as server:
        ann, bob = await server.account("ann"), await server.account("bob")
        room = await server.room(ann, bob)
        async with server.connect(room, ann) as watching:
            yield Stage(server, room, watching, bob)
            await watching.ok("chat.send", text="still here")
            assert not [frame for frame in watching.frames if frame["type"] == "error"]
        await eventually(lambda: len(server.application.hub) == 0)
        assert server.application.metrics.internal_errors_total.labels(door="ws")._value.get() == 0


async def answer(raw: RawSocket, kind: str) -> dict[str, object]:
    """The next text frame of this type."""
    while True:
        found: dict[str, object] = json.loads(await raw.next_of(TEXT))
        if found["type"] == kind:
            return found


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(text(ASK), id="whole"),
        pytest.param(frame(TEXT, HALF, is_final=False) + frame(CONTINUATION, REST), id="two parts"),
        pytest.param(
            frame(TEXT, is_final=False)
            + frame(CONTINUATION, ASK.encode(), is_final=False)
            + frame(CONTINUATION),
            id="empty parts around",
        ),
        pytest.param(
            frame(TEXT, ASK[:1].encode(), is_final=False)
            + b"".join(frame(CONTINUATION, bytes([byte]), is_final=False) for byte in ASK[1:].encode())
            + frame(CONTINUATION),
            id="a part for each byte",
        ),
        pytest.param(
            frame(TEXT, HALF, is_final=False) + frame(PING, b"between") + frame(CONTINUATION, REST),
            id="a ping between the parts",
        ),
        pytest.param(frame(PONG, b"nobody asked") + text(ASK), id="a pong that nobody asked for"),
        pytest.param(frame(TEXT, ASK.encode(), mask=bytes(4)), id="a mask of zeros"),
        pytest.param(frame(TEXT, ASK.ljust(70_000 - 5_000).encode()), id="65,000 bytes"),
        pytest.param(
            frame(TEXT, HALF, is_final=False)
            + frame(CONTINUATION, is_final=False) * 50_000
            + frame(CONTINUATION, REST),
            id="fifty thousand empty parts",
        ),
    ],
)
async def test_a_message_is_taken_in_whatever_way_it_is_cut(stage: Stage, frames: bytes) -> None:
    async with stage.raw() as raw:
        raw.send(frames)
        assert (await answer(raw, "time.pong"))["t0"] == 17


async def test_a_message_that_comes_a_byte_at_a_time_is_taken(stage: Stage) -> None:
    async with stage.raw() as raw:
        for byte in text(ASK):
            raw.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await answer(raw, "time.pong"))["t0"] == 17


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param(frame(TEXT, ASK.encode(), mask=None), 1002, id="not masked"),
        *(
            pytest.param(frame(TEXT, b"{}", reserved=bits), 1002, id=f"reserved {bits}")
            for bits in (1, 2, 4, 7)
        ),
        *(pytest.param(frame(opcode), 1002, id=f"opcode {opcode}") for opcode in (3, 4, 5, 6, 7, 11, 12, 15)),
        pytest.param(frame(CONTINUATION, b"{}"), 1002, id="a part of nothing"),
        pytest.param(frame(TEXT, HALF, is_final=False) + text(ASK), 1002, id="a message inside another"),
        pytest.param(frame(PING, b"x" * 126), 1002, id="a ping of 126 bytes"),
        pytest.param(frame(PING, b"x", is_final=False), 1002, id="a ping in parts"),
        pytest.param(frame(CLOSE, b"\x03"), 1002, id="a close of one byte"),
        pytest.param(frame(CLOSE, (999).to_bytes(2, "big")), 1002, id="a close code below all"),
        pytest.param(frame(CLOSE, (1005).to_bytes(2, "big")), 1002, id="a close code that is never sent"),
        pytest.param(frame(CLOSE, b"\x03\xe8\xff\xff"), 1007, id="a close reason that is no text"),
        pytest.param(frame(CLOSE, b"\x03\xe8goodbye"), 1000, id="goodbye"),
        pytest.param(frame(TEXT, b"\xff"), 1007, id="no UTF-8"),
        pytest.param(
            frame(TEXT, b"\xc3", is_final=False) + frame(CONTINUATION, b"\x28"), 1007, id="none over parts"
        ),
        pytest.param(frame(TEXT, b'"\xed\xa0\x80"'), 1007, id="a surrogate in UTF-8"),
        pytest.param(frame(BINARY, ASK.encode()), 4505, id="binary"),
        pytest.param(frame(BINARY), 4505, id="empty binary"),
        pytest.param(frame(TEXT, b"x" * TOO_LARGE), 1009, id="too large"),
        pytest.param(frame(TEXT, claims=TOO_LARGE), 1009, id="claims to be too large"),
        pytest.param(frame(TEXT, claims=(1 << 63) - 1), 1009, id="claims to be larger than all"),
        pytest.param(
            frame(TEXT, b"x" * 40_000, is_final=False) + frame(CONTINUATION, b"x" * 40_000),
            1009,
            id="large in parts",
        ),
    ],
)
async def test_what_the_protocol_forbids_ends_that_connection_with_its_code(
    stage: Stage, frames: bytes, code: int
) -> None:
    async with stage.raw() as raw:
        raw.send(frames)
        assert await raw.closed() == code


async def test_pings_by_the_thousand_are_answered_and_stop_nobody(stage: Stage) -> None:
    async with stage.raw() as raw:
        raw.send(b"".join(frame(PING, b"%d" % n) for n in range(5_000)))
        await stage.ann.ok("chat.send", text="meanwhile")
        while await raw.next_of(PONG) != b"4999":
            pass
        raw.send(text(ASK))
        await answer(raw, "time.pong")


async def test_pongs_that_nobody_reads_are_not_kept(stage: Stage) -> None:
    async with stage.raw() as raw:
        await eventually(lambda: len(stage.server.application.hub) == 2)
        session = next(
            one for one in stage.server.application.hub.sessions.values() if one.actor.user_id == stage.bob.id
        )
        transport = session.outbox.socket.write.__self__  # type: ignore[attr-defined]
        raw.writer.transport.set_write_buffer_limits(high=MEGABYTE)
        for _ in range(32):
            raw.send(frame(PING, b"x" * 125) * 8_000)
            await asyncio.wait_for(raw.writer.drain(), 10)
        await stage.ann.ok("chat.send", text="meanwhile")
        assert transport.get_write_buffer_size() < MEGABYTE


async def test_who_closes_without_reading_is_gone_all_the_same(stage: Stage) -> None:
    connections = stage.server.listener.server_state.connections
    async with stage.raw() as raw:
        await eventually(lambda: len(stage.server.application.hub) == 2)
        before = len(connections)
        raw.send(frame(PING, b"x" * 125) * 60_000 + frame(CLOSE, b"\x03\xe8"))
        await eventually(lambda: len(connections) < before, within_seconds=10)


async def test_a_connection_that_vanishes_in_the_middle_of_a_frame_leaves_nothing(stage: Stage) -> None:
    for cut in range(1, len(text(ASK))):
        async with stage.raw() as raw:
            raw.send(text(ASK)[:cut])
        await eventually(lambda: len(stage.server.application.hub) == 1)


async def test_the_same_id_twice_is_two_commands(stage: Stage) -> None:
    async with stage.raw() as raw:
        say = '{"type":"chat.send","id":"a","text":"%d"}'
        raw.send(text(say % 1) + text(say % 2))
        acks = [await answer(raw, "ack") for _ in range(2)]
        assert [ack["id"] for ack in acks] == ["a", "a"]
        assert len({ack["message_id"] for ack in acks}) == 2


async def test_a_flood_is_refused_and_then_closed_with_4030(stage: Stage) -> None:
    async with stage.raw() as raw:
        raw.send(text('{"type":"chat.send","id":"a","text":""}') * 400)
        codes: list[object] = []
        while len(codes) < 200:
            codes.append((await answer(raw, "error"))["code"])
        assert await raw.closed() == 4030
        assert codes.index("rate_limited") in range(100, 110)
        assert set(codes[:100]) == {"invalid"}
