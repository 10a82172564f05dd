"""Server time: the wall clock as it was at the start, plus monotonic time since. Injected everywhere by `app`."""

from __future__ import annotations

import time

from synctv_server.domain.times import Millis

_NANOSECONDS = 1_000_000


class ServerClock:
    """Never steps: a wall clock that is set while the server runs does not move the picture."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> Millis:
        return (time.monotonic_ns() + self._offset) // _NANOSECONDS
