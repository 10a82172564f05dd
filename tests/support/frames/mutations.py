"""Frames that are nearly right: valid ones of every type, changed by chance. The same seed gives the same frames."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.support.frames.raw import TEXT, frame

_VALID: tuple[dict[str, object], ...] = (
    {"type": "time.ping", "t0": 1_700_000_000_000, "rtt_ms": 12.5},
    {"type": "playback.play", "id": "a", "position": 12.5},
    {"type": "playback.pause", "id": "b", "if_revision": 3},
    {"type": "playback.seek", "id": "c", "position": 61},
    {"type": "playback.rate", "id": "d", "rate": 1.25},
    {"type": "playback.load", "id": "e", "media_id": "med_x", "position": 0, "playing": True},
    {"type": "playback.next", "id": "f"},
    {"type": "playback.previous", "id": "g", "if_revision": 1},
    {
        "type": "playback.report",
        "position": 3,
        "playing": True,
        "buffering": False,
        "revision": 1,
        "drift_ms": 4,
    },
    {"type": "chat.send", "id": "h", "text": "hello", "reply_to": "msg_x", "nonce": "n"},
    {"type": "danmaku.send", "id": "i", "text": "hello", "position": 3},
    {"type": "signal", "to": "con_x", "data": {"sdp": ""}},
)
_ODD = (
    *("null", "true", "-1", "-0", "0.5", "1e308", "-1e308", "1e999", "9" * 40, '"', '""', "{}", "[]", "NaN"),
    *(
        '"\\ud800"',
        '"\\u0000"',
        '"\u202e"',
        '"' + "x" * 600 + '"',
        "[" * 200,
        '{"a":' * 200,
        "\\",
        "}",
        ",",
        "\t",
    ),
    *('"type"', '"id"', '"🎬"', "\ufeff", "\u2028", "\x00", "1" * 5_000),
)


def mutated_text(rng: random.Random) -> bytes:
    """A whole frame with a text that is mostly no command."""
    text = json.dumps(rng.choice(_VALID))
    for _ in range(rng.randint(1, 4)):
        text = rng.choice(_TEXT_CHANGES)(text, rng)
    return frame(TEXT, text[:70_000].encode("utf-8", "surrogatepass"))


def mutated_frame(rng: random.Random) -> bytes:
    """Bytes that are mostly no frame."""
    data = bytearray(frame(TEXT, json.dumps(rng.choice(_VALID)).encode()))
    if rng.random() < 0.5:
        payload = rng.randbytes(rng.choice((0, 1, 2, 20, 126, 300)))
        mask = rng.choice((None, b"abcd"))
        claims = rng.choice((None, None, 0, 125, 126, 65_536, 2**32, 2**63, 2**64 - 1))
        opcode, reserved, is_final = rng.randrange(16), rng.choice((0, 0, 0, 1, 4, 7)), rng.random() < 0.7
        data = bytearray(
            frame(opcode, payload, is_final=is_final, reserved=reserved, mask=mask, claims=claims)
        )
    for _ in range(rng.randint(0, 3)):
        if data:
            data[rng.randrange(min(len(data), 20))] ^= 1 << rng.randrange(8)
    return bytes(data[: rng.randint(0, len(data))]) if rng.random() < 0.2 else bytes(data)


def _cut(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.randint(1, 5) :]


def _insert(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + rng.choice(_ODD) + text[start:]


def _replace_value(text: str, rng: random.Random) -> str:
    head, colon, tail = text.rpartition(": ")
    return f"{head}{colon}{rng.choice(_ODD)}}}" if rng.random() < 0.7 else head + tail


def _change_character(text: str, rng: random.Random) -> str:
    if not text:
        return text
    start = rng.randrange(len(text))
    return text[:start] + chr(rng.choice((rng.randrange(128), rng.randrange(0x800)))) + text[start + 1 :]


def _repeat(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start : start + 20] * rng.randint(2, 50) + text[start:]


_TEXT_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _cut,
    _insert,
    _replace_value,
    _change_character,
    _repeat,
)
