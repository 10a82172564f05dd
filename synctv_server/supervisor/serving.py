"""The life of a serving process: listen, open, tell, wait for a signal, drain, close. Called by `synctv serve`."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from synctv_server import __version__
from synctv_server.api.ws.protocol import FanOutProtocol
from synctv_server.app import Application, open_application
from synctv_server.config.sections.server import ServerSection
from synctv_server.config.sources import LoadedSettings
from synctv_server.net.reach import local_origin_of, origin_of
from synctv_server.store.server_lock import ServerLock
from synctv_server.supervisor.control_socket import bind_control_socket, control_socket_path
from synctv_server.supervisor.database import migration_target, require_current_schema, server_lock
from synctv_server.supervisor.listeners import bind_tcp, control_listener, public_listener
from synctv_server.supervisor.lock import Holder, InstallationLock
from synctv_server.supervisor.reload_signal import ReloadSignal
from synctv_server.supervisor.systemd import notify

_OPEN_FILES = 65_536

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: where, and the link of the first account while there is none."""

    url: str
    local_url: str
    pid: int
    control_socket: Path
    setup_url: str | None


@dataclass(frozen=True, slots=True)
class Doors:
    """The sockets of one server, bound before anything is opened: a port in use is found out first."""

    public: socket.socket
    control: socket.socket
    control_path: Path

    @property
    def port(self) -> int:
        port: int = self.public.getsockname()[1]
        return port

    def with_real_port(self, loaded: LoadedSettings) -> LoadedSettings:
        """The settings with the port that was found, where they ask for any free one."""
        server = loaded.settings.server
        if server.port:
            return loaded
        server = server.model_copy(update={"port": self.port})
        return replace(loaded, settings=loaded.settings.model_copy(update={"server": server}))

    def close(self) -> None:
        """Closes both, and removes the file of the control socket."""
        self.public.close()
        self.control.close()
        self.control_path.unlink(missing_ok=True)


async def run(
    loaded: LoadedSettings,
    lock: InstallationLock,
    environ: Mapping[str, str],
    *,
    on_ready: Callable[[Running], None],
    reread: Callable[[], LoadedSettings],
) -> None:
    """Serves until SIGTERM or SIGINT, then drains. The caller holds `lock` and has made the installation whole.

    `on_ready` is called when both doors answer; `reread` reads the settings anew, for SIGHUP. Raises Conflict,
    Forbidden or ConfigurationInvalid for an address that cannot be taken, and whatever keeps the application from
    opening; a task group may stand around it.
    """
    doors = _bind(loaded, environ)
    try:
        loaded = doors.with_real_port(loaded)
        await require_current_schema(migration_target(loaded))
        async with (
            server_lock(loaded) as database_lock,
            open_application(loaded, reread=lambda: doors.with_real_port(reread())) as application,
        ):
            serving = _Serving(application, loaded.settings.server, doors, environ)
            await _serve(serving, lock, database_lock, on_ready)
    finally:
        doors.close()


@dataclass(frozen=True, slots=True)
class _Serving:
    """What one serving process consists of."""

    application: Application
    server: ServerSection
    doors: Doors
    environ: Mapping[str, str]

    async def running(self) -> Running:
        """What there is to tell. An expired set-up link is replaced by a new one."""
        host, port = self.server.host, self.doors.port
        return Running(
            url=origin_of(self.server.public_url, host, port),
            local_url=local_origin_of(host, port),
            pid=os.getpid(),
            control_socket=self.doors.control_path,
            setup_url=await self.application.setup_url(replace_expired=True),
        )


async def _serve(
    serving: _Serving,
    lock: InstallationLock,
    database_lock: ServerLock | None,
    on_ready: Callable[[Running], None],
) -> None:
    running = await serving.running()
    application = serving.application
    public = public_listener(application.public, FanOutProtocol, application.drain_times.requests_seconds)
    control = control_listener(application.control)
    _prepare_process()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(public.serve(sockets=[serving.doors.public]))
        tasks.create_task(control.serve(sockets=[serving.doors.control]))
        background = [tasks.create_task(application.jobs.run())]
        if database_lock is not None:
            background.append(tasks.create_task(database_lock.watch()))
        stop = _stop_signal()
        reloads = ReloadSignal(application.reload, serving.environ, tasks, stop)
        await asyncio.gather(public.answering.wait(), control.answering.wait())
        lock.tell(Holder(running.pid, "serve", running.url, running.local_url))
        notify("READY=1", serving.environ)
        _log.info("SyncTV %s answers on %s", __version__, running.url)
        on_ready(running)
        await stop.wait()
        reloads.ignore()
        notify("STOPPING=1", serving.environ)
        _log.info("stopping: viewers are told to come back")
        await application.drain()
        public.should_exit = control.should_exit = True
        for task in background:
            task.cancel()
    _log.info("stopped")


def _bind(loaded: LoadedSettings, environ: Mapping[str, str]) -> Doors:
    server = loaded.settings.server
    control_path = control_socket_path(server.control_socket, environ)
    public = bind_tcp(server.host, server.port)
    try:
        return Doors(public, bind_control_socket(control_path), control_path)
    except BaseException:
        public.close()
        raise


def _stop_signal() -> asyncio.Event:
    """Set by SIGTERM or SIGINT. A second Ctrl-C ends the process at once; a second SIGTERM changes nothing."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def interrupted() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, interrupted)
    return stop


def _prepare_process() -> None:
    """Room for the connections that the limits allow, and a collector that never walks what the start has built."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    gc.collect()
    gc.freeze()
