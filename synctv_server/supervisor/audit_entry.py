"""Entries in the audit log by whoever works on the installation itself, beside a server or without one."""

from __future__ import annotations

import logging

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed
from synctv_server.domain.errors import SyncTVError
from synctv_server.domain.sessions import Actor
from synctv_server.store import open_database
from synctv_server.store.trail import AuditTrail
from synctv_server.supervisor.database import migration_target
from synctv_server.upkeep import migrate

LOG = "audit"
"""The name of the migration that makes the log."""

_log = logging.getLogger(__name__)


async def enter(loaded: LoadedSettings, actor: Actor, *deeds: Deed) -> None:
    """Write down what has been done, where there is a log: a new or old database has none.

    A log that takes no entry is logged: what mends it must not be kept from it.
    """
    database = loaded.settings.database
    try:
        if not await _has_log(loaded):
            return
        async with (
            open_database(
                database.url,
                password=database.password.reveal() if database.password else None,
                pool_size=1,
                trail=AuditTrail(loaded.data_dir / AUDIT_HEAD_FILE_NAME),
            ) as opened,
            opened.transaction(durable=True) as transaction,
        ):
            for deed in deeds:
                transaction.audit(actor, deed)
    except SyncTVError as error:
        actions = ", ".join(sorted({deed.action for deed in deeds}))
        _log.warning("%s is not in the audit log: %s", actions, error.message)


async def _has_log(loaded: LoadedSettings) -> bool:
    found = await migrate.status(migration_target(loaded))
    return any(applied.name == LOG for applied in found.applied)
