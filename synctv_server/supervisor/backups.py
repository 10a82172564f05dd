"""Backups of the installation with their entries in the audit log. Called by `synctv backup`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import SyncTVError
from synctv_server.domain.sessions import Actor
from synctv_server.store import open_database
from synctv_server.store.trail import AuditTrail
from synctv_server.upkeep.backup import creating, shelf
from synctv_server.upkeep.backup.creating import Backup, Progress
from synctv_server.upkeep.backup.installed import Installed
from synctv_server.upkeep.backup.shelf import Kept

_log = logging.getLogger(__name__)


async def create_backup(
    loaded: LoadedSettings, actor: Actor, *, output: Path | None, secret: str | None, progress: Progress
) -> Backup:
    """As `creating.create`, told in the audit log."""
    made = await creating.create(Installed.of(loaded), output, secret=secret, progress=progress)
    after = {"sha256": made.sha256, "holds_keys": made.manifest.has_secrets}
    await _enter(loaded, actor, Deed("backup.created", Party("backup", "", made.path.name), after=after))
    return made


async def remove_backups(loaded: LoadedSettings, actor: Actor, backups: Sequence[Kept]) -> None:
    """Delete these files, told in the audit log."""
    shelf.remove(backups)
    names = [kept.path.name for kept in backups]
    await _enter(loaded, actor, Deed("backup.pruned", Party("backup"), before={"files": names}))


async def _enter(loaded: LoadedSettings, actor: Actor, deed: Deed) -> None:
    """One entry. A log that takes none must not keep anybody from a backup: it is what mends it."""
    database = loaded.settings.database
    try:
        async with (
            open_database(
                database.url,
                password=database.password.reveal() if database.password else None,
                pool_size=1,
                trail=AuditTrail(loaded.data_dir / AUDIT_HEAD_FILE_NAME),
            ) as opened,
            opened.transaction(durable=True) as transaction,
        ):
            transaction.audit(actor, deed)
    except SyncTVError as error:
        _log.warning("%s is not in the audit log: %s", deed.action, error.message)
