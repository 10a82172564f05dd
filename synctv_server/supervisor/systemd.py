"""Tells systemd how far the server is (sd_notify(3)); silent where nothing asks for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import suppress


def notify_reloading(environ: Mapping[str, str]) -> None:
    """Says that a reload has begun, as `Type=notify-reload` asks for it; `READY=1` ends it."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000}", environ)


def notify(state: str, environ: Mapping[str, str]) -> None:
    """Sends one state line such as `READY=1`. A service manager that is gone is no reason to stop."""
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract names begin with a zero byte
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, suppress(OSError):
        channel.connect(address)
        channel.sendall(state.encode())
