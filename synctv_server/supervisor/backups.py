"""Backups of the installation with their entries in the audit log. Called by `synctv backup`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.sessions import Actor
from synctv_server.supervisor.audit_entry import enter
from synctv_server.upkeep.backup import creating, shelf
from synctv_server.upkeep.backup.creating import Backup, Progress
from synctv_server.upkeep.backup.installed import Installed
from synctv_server.upkeep.backup.shelf import Kept


async def create_backup(
    loaded: LoadedSettings, actor: Actor, *, output: Path | None, secret: str | None, progress: Progress
) -> Backup:
    """As `creating.create`, told in the audit log."""
    made = await creating.create(Installed.of(loaded), output, secret=secret, progress=progress)
    after = {"sha256": made.sha256, "holds_keys": made.manifest.has_secrets}
    await enter(loaded, actor, Deed("backup.created", Party("backup", "", made.path.name), after=after))
    return made


async def remove_backups(loaded: LoadedSettings, actor: Actor, backups: Sequence[Kept]) -> None:
    """Delete these files, told in the audit log."""
    shelf.remove(backups)
    names = [kept.path.name for kept in backups]
    await enter(loaded, actor, Deed("backup.pruned", Party("backup"), before={"files": names}))
