"""How settings change in a running server: the configuration taken over anew, and what administrators set.

A reload is called by `supervisor` on a signal, and by the operator.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from synctv_server.app.ground import Ground
from synctv_server.config.live import LiveSettings, Reloaded
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed
from synctv_server.domain.errors import ConfigurationInvalid, SyncTVError
from synctv_server.domain.sessions import SYSTEM, Actor
from synctv_server.observability import logs
from synctv_server.services.server_settings import ServerSettings
from synctv_server.store import Database

_log = logging.getLogger(__name__)

Reread = Callable[[], LoadedSettings]
"""Reads file, environment, secrets and flags as the start of the server has; raises ConfigurationInvalid."""


class Reloading:
    """One reload at a time; each happens whole or not at all."""

    def __init__(self, live: LiveSettings, reread: Reread, database: Database) -> None:
        self._live = live
        self._reread = reread
        self._database = database
        self._one = asyncio.Lock()

    async def reload(self, actor: Actor = SYSTEM) -> Reloaded:
        """Reads all sources again, lets what needs no restart hold, and opens the log files anew.

        Raises ConfigurationInvalid where they cannot be used; everything stays as it was then, and the log says so.
        """
        async with self._one:
            try:
                loaded = await asyncio.to_thread(self._reread)
                effective = self._live.with_runtime(loaded).settings
                await asyncio.to_thread(logs.turn, effective.observability)
            except ConfigurationInvalid as error:
                _log.error("the configuration was not reloaded, the old one still holds: %s", error.message)
                raise
            reloaded = self._live.take_over(loaded)
            _tell(reloaded)
            await self._write_down(actor, reloaded)
            return reloaded

    async def _write_down(self, actor: Actor, reloaded: Reloaded) -> None:
        """A database that is away keeps nobody from mending the configuration: the log has the reload too."""
        deed = Deed(
            "server.reloaded",
            after={"changed": reloaded.changed, "needs_restart": reloaded.needs_restart},
        )
        try:
            async with self._database.transaction(durable=True) as transaction:
                transaction.audit(actor, deed)
        except SyncTVError as error:
            _log.warning("the reload does not stand in the audit log: %s", error.message)


@dataclass(frozen=True, slots=True)
class Changing:
    """The two ways to other values without a restart."""

    reloading: Reloading
    server_settings: ServerSettings


async def build_changing(ground: Ground, live: LiveSettings, reread: Reread) -> Changing:
    """Lets the runtime settings hold; built before every part that reads a setting."""
    notices = ground.cluster.notices
    server_settings = ServerSettings(
        ground.database,
        live,
        notices,
        ground.now,
        on_change=lambda: logs.set_level(live.settings.observability.log_level),
    )
    await server_settings.load()
    notices.follow(server_settings.hear)
    return Changing(Reloading(live, reread, ground.database), server_settings)


def _tell(reloaded: Reloaded) -> None:
    _log.info("configuration reloaded; changed: %s", ", ".join(reloaded.changed) or "nothing")
    if reloaded.needs_restart:
        _log.warning("these settings take effect at the next start: %s", ", ".join(reloaded.needs_restart))
    for warning in reloaded.warnings:
        _log.warning("%s: %s", warning.setting, warning.text)
