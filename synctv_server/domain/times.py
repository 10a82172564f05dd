"""Moments as the program keeps them: whole milliseconds since the Unix epoch, UTC. Used by every layer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Millis = int
"""A moment, or a span, in milliseconds. Moments count from 1970-01-01T00:00:00Z."""

Now = Callable[[], Millis]
"""The injected clock: server time at the moment of the call."""

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR


def to_rfc3339(moment: Millis) -> str:
    """`2026-11-24T07:33:58.120Z`: RFC 3339 in UTC with milliseconds."""
    seconds, millis = divmod(moment, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"


def from_rfc3339(text: str) -> Millis:
    """The moment that an RFC 3339 text names; ValueError when it has no offset or is no such text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write it like 2026-11-24T07:33:58Z")
    return round(moment.timestamp() * SECOND)
