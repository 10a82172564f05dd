"""Straight writes: everybody gets the same bytes, and what the kernel does not take goes through the socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from synctv_server.realtime.audience import Audience
from synctv_server.realtime.outbox import Outbox
from tests.unit.realtime.sockets import KeptSocket

LINE = b"a whole frame"


class Line:
    """A viewer at the other end of a real connection."""

    def __init__(self) -> None:
        self.server, self.client = socket.socketpair()
        self.server.setblocking(False)
        self.client.setblocking(False)
        self.kept = KeptSocket()
        self.kept.descriptor = self.server.fileno()
        self.outbox = Outbox(self.kept)

    def heard(self) -> bytes:
        parts = []
        while True:
            try:
                parts.append(self.client.recv(65_536))
            except BlockingIOError:
                return b"".join(parts)


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    lines = [Line() for _ in range(3)]
    yield lines
    for line in lines:
        line.server.close()
        line.client.close()


@pytest.fixture
def audience(lines: list[Line]) -> Audience:
    audience = Audience()
    for line in lines:
        audience.add(line.outbox)
    return audience


def test_everybody_hears_it_and_no_socket_of_ours_is_asked(audience: Audience, lines: list[Line]) -> None:
    audience.write(LINE)
    assert [line.heard() for line in lines] == [LINE] * 3
    assert [line.kept.writes for line in lines] == [[]] * 3


def test_what_a_full_kernel_does_not_take_goes_through_the_socket(
    audience: Audience, lines: list[Line]
) -> None:
    full = lines[1]
    large = bytes(range(256)) * 8_192
    audience.write(large)
    assert full.kept.writes, "two MiB are more than the kernel keeps"
    assert full.heard() + b"".join(full.kept.writes) == large


def test_one_who_is_gone_costs_the_others_nothing(audience: Audience, lines: list[Line]) -> None:
    lines[0].client.close()
    audience.write(LINE)
    assert lines[0].kept.writes == [LINE]
    assert [line.heard() for line in lines[1:]] == [LINE] * 2


def test_who_has_left_is_not_written_to(audience: Audience, lines: list[Line]) -> None:
    assert audience.discard(lines[2].outbox)
    assert not audience.discard(lines[2].outbox)
    audience.write(LINE)
    assert lines[2].heard() == b""
    assert (len(audience), lines[2].outbox in audience) == (2, False)


def test_who_has_no_descriptor_is_written_to_by_its_socket(audience: Audience) -> None:
    kept = KeptSocket()
    audience.add(Outbox(kept))
    audience.write(LINE)
    assert kept.writes == [LINE]
