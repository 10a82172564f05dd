"""WebSocket text frames as bytes (RFC 6455 §5.2). A server's frames are not masked: one frame serves every socket."""

from __future__ import annotations

from collections.abc import Iterator

_TEXT_FINAL = 0x81


def text_frame(payload: bytes) -> bytes:
    """The one unfragmented text frame that carries `payload`."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT_FINAL, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def numbered_frame(seq: int, body: bytes) -> bytes:
    """The frame of a JSON object with `seq` spliced in as its first field."""
    return text_frame(b'{"seq":%d,%b' % (seq, body[1:]))


def hidden_frame(seq: int) -> bytes:
    """What a viewer gets in place of event `seq` when it may not see it."""
    return text_frame(b'{"type":"hidden","seq":%d}' % seq)


def payloads(frames: bytes) -> Iterator[bytes]:
    """The payloads of whole frames made by `text_frame`, joined in any number."""
    start = 0
    while start < len(frames):
        size = frames[start + 1]
        start += 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size = int.from_bytes(frames[start : start + width], "big")
            start += width
        yield frames[start : start + size]
        start += size
