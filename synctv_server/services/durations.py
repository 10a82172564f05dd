"""How long a film is, read from its own header: MP4 (ISO/IEC 14496-12) and WebM or Matroska (RFC 9559).

Pure but for `read`, and bounded whatever the file holds. Used by the library when a file is added to a playlist.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

Read = Callable[[int, int], bytes]
"""`read(offset, length)`: that many bytes of the file, fewer at its end."""

_STEPS_MOST = 200
_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}  # older QuickTime has no ftyp
_EBML, _SEGMENT, _INFO, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1F43B675
_TIMESTAMP_SCALE, _DURATION = 0x2AD7B1, 0x4489
_INFO_BYTES_MOST = 64 * 1_024
_NANOSECONDS = 1_000_000_000
_DEFAULT_SCALE = 1_000_000


def find_duration(read: Read) -> float | None:
    """Seconds, or None where the file does not say or is of another format."""
    head = read(0, 12)
    seconds: float | None = None
    if head[:4] == _EBML.to_bytes(4, "big"):
        seconds = _of_matroska(read)
    elif head[4:8] in _FIRST_BOXES:
        seconds = _of_mp4(read)
    return seconds if seconds is not None and 0 < seconds < math.inf else None


def _of_mp4(read: Read) -> float | None:
    movie = _box(read, b"moov", 0, None)
    header = movie and _box(read, b"mvhd", *movie)
    if not header:
        return None
    body = read(header[0], 32)
    try:
        if body[0] == 1:
            scale, duration = struct.unpack_from(">IQ", body, 20)
            unknown = 0xFFFFFFFFFFFFFFFF
        else:
            scale, duration = struct.unpack_from(">II", body, 12)
            unknown = 0xFFFFFFFF
    except (struct.error, IndexError):
        return None
    return None if not scale or duration == unknown else duration / scale


def _box(read: Read, wanted: bytes, offset: int, end: int | None) -> tuple[int, int | None] | None:
    """Begin and end of the body of the first such box; an end of None is the end of the file."""
    for _ in range(_STEPS_MOST):
        head = read(offset, 16)
        if len(head) < 8 or (end is not None and offset >= end):
            return None
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        box_end = end if size == 0 else offset + size
        if head[4:8] == wanted:
            return offset + header, box_end
        if box_end is None or size < header:
            return None
        offset = box_end
    return None


def _of_matroska(read: Read) -> float | None:
    segment = _element(read, _SEGMENT, 0)
    info = segment and _element(read, _INFO, segment[0])
    if not info:
        return None
    begin, size = info
    body = read(begin, min(size, _INFO_BYTES_MOST))

    def value(wanted: int) -> bytes | None:
        found = _element(lambda offset, length: body[offset : offset + length], wanted, 0)
        return body[found[0] : found[0] + found[1]] if found else None

    scale, duration = value(_TIMESTAMP_SCALE), value(_DURATION)
    formats = {4: ">f", 8: ">d"}
    if duration is None or len(duration) not in formats:
        return None
    ticks = struct.unpack(formats[len(duration)], duration)[0]
    return float(ticks) * (int.from_bytes(scale, "big") if scale else _DEFAULT_SCALE) / _NANOSECONDS


def _element(read: Read, wanted: int, offset: int) -> tuple[int, int] | None:
    """Begin and size of the body of the first such element among siblings; looks no further than a cluster."""
    for _ in range(_STEPS_MOST):
        head = read(offset, 12)
        id_length = _vint_length(head)
        size_length = _vint_length(head[id_length:]) if id_length else 0
        if not size_length or id_length + size_length > len(head):
            return None
        name = int.from_bytes(head[:id_length], "big")
        raw = int.from_bytes(head[id_length : id_length + size_length], "big")
        size = raw & ((1 << 7 * size_length) - 1)
        begin = offset + id_length + size_length
        if name == wanted:
            return begin, size
        if name == _CLUSTER:
            return None
        offset = begin + size
    return None


def _vint_length(data: bytes) -> int:
    """How many bytes a number of variable length takes, by its first one; 0 where there is none."""
    return 9 - data[0].bit_length() if data and data[0] else 0
