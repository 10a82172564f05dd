"""The installation for those commands that examine it: `doctor` and `audit`. They work whatever is broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from synctv_cli.context import Invocation

if TYPE_CHECKING:
    from pathlib import Path

    from synctv_server.config.sources import LoadedSettings
    from synctv_server.domain.errors import ConfigurationInvalid, SyncTVError
    from synctv_server.upkeep.premises import Premises


@asynccontextmanager
async def opened_premises(invocation: Invocation) -> AsyncIterator[Premises]:
    """The installation of the data directory, read anew, with its database as far as it opens."""
    from synctv_server.upkeep.premises import opened

    async with opened(_premises(invocation)) as premises:
        yield premises


def _premises(invocation: Invocation) -> Premises:
    from synctv_server.api.web.files import DIST
    from synctv_server.config.places import config_path
    from synctv_server.realtime.clock import ServerClock
    from synctv_server.supervisor.listeners import bind_tcp
    from synctv_server.supervisor.lock import InstallationLock
    from synctv_server.upkeep.premises import Premises, RunningServer

    loaded, refusal = _loaded(invocation)
    try:
        holder = InstallationLock(invocation.data_dir).find_holder()
    except PermissionError:  # somebody else's place; what else is looked at says so
        holder = None
    return Premises(
        data_dir=invocation.data_dir,
        config_file=config_path(invocation.config_flag, invocation.data_dir, invocation.environ),
        environ=invocation.environ,
        now=ServerClock().now,
        server=RunningServer(holder.pid, holder.url, holder.local_url)
        if holder and holder.is_server
        else None,
        loaded=loaded,
        refusal=refusal,
        control_socket=_control_socket(loaded, invocation),
        bind=bind_tcp,
        client=DIST,
    )


def _loaded(invocation: Invocation) -> tuple[LoadedSettings | None, ConfigurationInvalid | None]:
    from synctv_server.domain.errors import ConfigurationInvalid

    try:
        return invocation.load_silently(), None
    except ConfigurationInvalid as error:
        return None, error
    except PermissionError as error:
        return None, ConfigurationInvalid(f"{error.filename} cannot be read: permission denied")


def _control_socket(loaded: LoadedSettings | None, invocation: Invocation) -> Path | SyncTVError | None:
    from synctv_server.domain.errors import ConfigurationInvalid
    from synctv_server.supervisor.control_socket import control_socket_path

    if loaded is None:
        return None
    try:
        return control_socket_path(loaded.settings.server.control_socket, invocation.environ)
    except ConfigurationInvalid as error:
        return error
