"""The backups that the server makes by itself: when one is due, and which are too many then. Run as a job."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from synctv_server.config.sections.backup import BackupSection
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.sessions import SYSTEM
from synctv_server.domain.times import HOUR, Now
from synctv_server.store import Database
from synctv_server.upkeep.backup import creating, shelf
from synctv_server.upkeep.backup.installed import Installed

_log = logging.getLogger(__name__)


class BackupSchedule:
    """One backup every `backup.every_hours`, counted from the newest there is, whoever made that."""

    def __init__(self, installed: Installed, database: Database, section: BackupSection, now: Now) -> None:
        self._installed = replace(installed, target=replace(installed.target, now=now))
        self._database = database
        self._section = section
        self._now = now

    async def look_after(self) -> None:
        """Make one if it is due, and remove those beyond `backup.keep`; raises what keeps it from being made."""
        if not await asyncio.to_thread(self._is_due):
            return
        made = await creating.create(self._installed)
        _log.info("the installation was saved to %s", made.path)
        surplus = await asyncio.to_thread(shelf.surplus, self._installed.target.backups, self._section.keep)
        await asyncio.to_thread(shelf.remove, surplus)
        async with self._database.transaction(durable=True) as transaction:
            after = {"sha256": made.sha256, "holds_keys": False}
            transaction.audit(
                SYSTEM, Deed("backup.created", Party("backup", "", made.path.name), after=after)
            )
            if surplus:
                files = [kept.path.name for kept in surplus]
                transaction.audit(SYSTEM, Deed("backup.pruned", Party("backup"), before={"files": files}))

    def _is_due(self) -> bool:
        if not self._section.every_hours:
            return False
        made = [kept for kept in shelf.list_backups(self._installed.target.backups) if kept.kind == "backup"]
        return not made or self._now() - made[0].made_at >= self._section.every_hours * HOUR
