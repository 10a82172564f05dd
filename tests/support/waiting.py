"""Waiting for a condition with a deadline, so that no test sleeps for a guess."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(holds: Callable[[], bool], *, within_seconds: float = 5.0) -> None:
    """Return as soon as `holds()` is true; AssertionError when it does not become so in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_seconds
    while not holds():
        assert loop.time() < deadline, "what was waited for did not come"
        await asyncio.sleep(0.005)
