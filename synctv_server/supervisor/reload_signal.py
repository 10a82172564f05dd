"""SIGHUP: the server reads its configuration anew, and tells systemd so (`Type=notify-reload`). Used by `serving`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping

from synctv_server.domain.errors import ConfigurationInvalid
from synctv_server.supervisor.systemd import notify, notify_reloading

_STDIN = 0


class ReloadSignal:
    """Follows the signal from now on. Reloads are tasks of `tasks`.

    A terminal that is closed sends the same signal to what runs on it; then the server stops.
    """

    def __init__(
        self,
        reload: Callable[[], Awaitable[object]],
        environ: Mapping[str, str],
        tasks: asyncio.TaskGroup,
        stop: asyncio.Event,
    ) -> None:
        self._reload = reload
        self._environ = environ
        self._tasks = tasks
        self._stop = stop
        self._had_terminal = os.isatty(_STDIN)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hear)

    def ignore(self) -> None:
        """The server is stopping: the signal changes nothing any more."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _hear(self) -> None:
        if self._had_terminal and not os.isatty(_STDIN):
            self._stop.set()
        else:
            self._tasks.create_task(self._answer())

    async def _answer(self) -> None:
        notify_reloading(self._environ)
        try:
            await self._reload()
            status = "the configuration was reloaded"
        except ConfigurationInvalid:  # the log says what is wrong
            status = "the configuration cannot be used, the old one still holds"
        notify(f"READY=1\nSTATUS={status}", self._environ)
