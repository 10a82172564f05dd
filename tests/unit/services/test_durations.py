"""How long a film is, read from headers that are whole, cut off, or lies."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.services.durations import find_duration


def reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


def box(name: bytes, body: bytes, *, wide: bool = False) -> bytes:
    if wide:
        return struct.pack(">I4sQ", 1, name, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, name) + body


def mp4(header: bytes, *, wide: bool = False) -> bytes:
    movie = box(b"moov", box(b"udta", b"x" * 5) + box(b"mvhd", header), wide=wide)
    return box(b"ftyp", b"isom" * 4) + box(b"mdat", b"\0" * 1_000, wide=wide) + movie


SHORT = struct.pack(">IIIII", 0, 0, 0, 1_000, 63_500) + b"\0" * 80
LONG = struct.pack(">IQQIQ", 1 << 24, 0, 0, 90_000, 90_000 * 7_200) + b"\0" * 80


def element(name: int, body: bytes) -> bytes:
    name_bytes = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return name_bytes + (len(body) | 1 << 56).to_bytes(8, "big") + body


def webm(info: bytes) -> bytes:
    segment = element(0xEC, b"\0" * 20) + element(0x1549A966, info) + element(0x1F43B675, b"\0" * 50)
    return element(0x1A45DFA3, b"\0" * 10) + element(0x18538067, segment)


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (mp4(SHORT), 63.5),
        (mp4(SHORT, wide=True), 63.5),
        (mp4(LONG), 7_200.0),
        (box(b"wide", b"") + box(b"mdat", b"\0" * 50) + box(b"moov", box(b"mvhd", SHORT)), 63.5),
        (webm(element(0x2AD7B1, b"\x0f\x42\x40") + element(0x4489, struct.pack(">d", 90_000))), 90.0),
        (webm(element(0x4489, struct.pack(">f", 1_500))), 1.5),
    ],
)
def test_length_is_read_from_the_header(data: bytes, seconds: float) -> None:
    assert find_duration(reader(data)) == seconds


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF....WAVE",
        box(b"ftyp", b"isom"),
        mp4(struct.pack(">IIIII", 0, 0, 0, 0, 100)),
        mp4(struct.pack(">IIIII", 0, 0, 0, 1_000, 0xFFFFFFFF)),
        mp4(struct.pack(">IIIII", 0, 0, 0, 1_000, 0)),
        mp4(b""),
        box(b"ftyp", b"") + struct.pack(">I4s", 3, b"moov"),
        box(b"ftyp", b"") + box(b"free", b"") * 10_000,
        webm(b""),
        webm(element(0x4489, struct.pack(">d", float("nan")))),
        webm(element(0x4489, struct.pack(">d", -5.0))),
        webm(element(0x4489, b"123")),
    ],
)
def test_file_that_does_not_say_has_no_length(data: bytes) -> None:
    assert find_duration(reader(data)) is None


@given(st.sampled_from([mp4(SHORT), mp4(LONG), webm(element(0x4489, struct.pack(">d", 9.0)))]), st.data())
def test_damaged_file_is_no_fault(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.integers(0, len(whole)))
    damaged = bytearray(whole[:cut])
    if at < cut:
        damaged[at] = data.draw(st.integers(0, 255))
    seconds = find_duration(reader(bytes(damaged)))
    assert seconds is None or seconds > 0


@given(st.binary(max_size=200))
def test_any_bytes_after_a_known_beginning_are_no_fault(tail: bytes) -> None:
    for head in (box(b"ftyp", b""), bytes.fromhex("1a45dfa3")):
        seconds = find_duration(reader(head + tail))
        assert seconds is None or seconds > 0
