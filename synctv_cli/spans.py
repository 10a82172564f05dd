"""Spans of time as people type them: `30m`, `12h`, `7d`. Read for options of commands."""

from __future__ import annotations

import re

from synctv_cli.failures import Usage

_SPAN = re.compile(r"(\d{1,9})\s*([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def seconds_of(flag: str, text: str) -> int:
    """The seconds of a span; a bare number counts seconds. Raises Usage, naming the flag."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None or int(found[1]) == 0:
        raise Usage(f"{flag}: {text!r} is no span of time; write it like 30m, 12h or 7d")
    return int(found[1]) * _SECONDS[found[2]]
