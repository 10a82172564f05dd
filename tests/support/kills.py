"""SIGKILL at any moment: how often, and of whom. Called by the tests that kill commands and servers."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import Process
from contextlib import suppress

KILLS = int(os.environ.get("SYNCTV_KILLS", "10"))
"""Each with a seed of its own; `SYNCTV_KILLS=100 python -m pytest tests/e2e/test_kill.py` kills more often."""


async def killed_after(seconds: float, process: Process) -> bool:
    """Wait for the process, but no longer: whether it had to be killed. It has ended in any case."""
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        with suppress(ProcessLookupError):  # it ended in this very moment
            process.kill()
        return await process.wait() < 0
    return False
