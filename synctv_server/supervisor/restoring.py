"""What has to hold around `backup restore`: the lock, a backup of what is there, the entry in the audit log."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.config.secrets import Secret, secret_file
from synctv_server.config.settings import Settings
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import BrokenState, Conflict, NotFound, Unavailable
from synctv_server.domain.sessions import Actor
from synctv_server.store import Database, open_database
from synctv_server.store.trail import AuditTrail
from synctv_server.supervisor.database import alone_on
from synctv_server.supervisor.lock import InstallationLock, held
from synctv_server.upkeep.backup import creating, files, verifying
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.creating import CONFIGURATION, Progress
from synctv_server.upkeep.backup.installed import MASTER, Installed
from synctv_server.upkeep.backup.restoring import Site, restore
from synctv_server.upkeep.backup.secrets import open_secrets
from synctv_server.upkeep.backup.verifying import require_opening
from synctv_server.upkeep.migrate import MigrationTarget

Load = Callable[[Path | None], LoadedSettings]
"""Reads the settings of the data directory, with this configuration file in place of its own where one is given."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be restored, and where. `replace` allows to put it in the place of what is there."""

    backup: Path
    data_dir: Path
    config_file: Path
    secret: str | None
    replace: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done; `before` is the backup of what was there, `keys_problem` why the keys do not open yet."""

    counts: Mapping[str, int]
    created_at: str
    database: str
    before: Path | None
    keys_problem: str | None


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What would be done; `replaces` is what is there and would be saved before."""

    counts: Mapping[str, int]
    created_at: str
    database: str
    replaces: Sequence[str]
    keys: verifying.Keys


async def plan_restore(order: Order, load: Load, progress: Progress) -> RestorePlan:
    """What `restore_backup` would do, after a check of every byte, the passphrase and the audit log in it.

    Changes nothing, and raises as that does.
    """
    found = await verifying.verify(order.backup, secret=order.secret, progress=progress)
    if found.problem is not None:
        raise BrokenState(f"the backup is bad: {found.problem}")
    lock = InstallationLock(order.data_dir)
    if lock.find_holder() is not None:
        raise lock.refusal()
    with Archive.open(order.backup) as archive:
        secrets = {} if order.secret is None else await open_secrets(archive, order.secret)
        site = _site(order, archive, load, secrets)
        async with alone_on(site.target):
            occupied = [str(each) for each in await _occupied(order, archive, site)]
        manifest = archive.manifest
    return RestorePlan(manifest.counts, manifest.created_at, site.target.kind, occupied, found.keys)


async def restore_backup(order: Order, load: Load, actor: Actor, progress: Progress) -> Restored:
    """Everything of the backup in its place, or nothing changed.

    Raises BrokenState for a file that is none or damaged, Invalid for a wrong passphrase, Conflict beside a server or
    where something is there and `replace` is false, and what keeps a backup of that from being made.
    """
    with Archive.open(order.backup) as archive:
        secrets = {} if order.secret is None else await open_secrets(archive, order.secret)
        files.make_folder(order.data_dir)
        async with held(order.data_dir, "backup restore"):
            site = _site(order, archive, load, secrets)
            async with alone_on(site.target):
                before, site = await _make_room(order, archive, site, load)
                await restore(archive, site, progress)
                problem = await _enter(order, archive, load(order.config_file), actor)
        manifest = archive.manifest
    return Restored(manifest.counts, manifest.created_at, site.target.kind, before, problem)


def _site(order: Order, archive: Archive, load: Load, secrets: Mapping[str, str]) -> Site:
    """Where everything goes, by the configuration of the backup and the environment of this machine."""
    with tempfile.TemporaryDirectory(prefix="synctv-restore-") as folder:
        configuration = Path(folder) / CONFIGURATION
        if archive.has(CONFIGURATION):
            files.write_private(configuration, archive.read(CONFIGURATION))
        loaded = load(configuration if configuration.exists() else None)
    settings = loaded.settings
    own = {
        name: value
        for name, value in secrets.items()
        if (given := _secret(settings, name)) is None
        or given.origin.at == str(secret_file(order.data_dir, name))
    }
    password = own.get("database.password") or (
        settings.database.password.reveal() if settings.database.password else None
    )
    target = MigrationTarget.from_url(settings.database.url, password, backups=order.data_dir / "backups")
    return Site(order.data_dir, order.config_file, target, own)


def _secret(settings: Settings, name: str) -> Secret | None:
    section, _, key = name.partition(".")
    value = getattr(getattr(settings, section, None), key, None)
    return value if isinstance(value, Secret) else None


async def _make_room(order: Order, archive: Archive, site: Site, load: Load) -> tuple[Path | None, Site]:
    """The backup of what is there, where something is."""
    if not await _occupied(order, archive, site):
        return None, site
    try:
        made = await creating.create(Installed.of(load(None)))
    except NotFound:  # files without a database; those are set aside
        return None, site
    except BrokenState:
        return None, Site(
            site.data_dir, site.config_file, site.target, site.secrets, sets_database_aside=True
        )
    return made.path, site


async def _occupied(order: Order, archive: Archive, site: Site) -> list[Path | str]:
    """What is there and may be replaced; Conflict where it may not."""
    occupied = await site.occupied(archive)
    if occupied and not order.replace:
        raise Conflict(
            f"there is an installation already: {', '.join(str(each) for each in occupied)}",
            code="conflict.not_empty",
            hint="Restore into another --data-dir, or give --replace: what is there is backed up first.",
        )
    return occupied


async def _enter(order: Order, archive: Archive, loaded: LoadedSettings, actor: Actor) -> str | None:
    """The entry that begins the new life of the audit log; why the keys do not open, where they do not."""
    settings = loaded.settings
    password = settings.database.password
    trail = AuditTrail(order.data_dir / AUDIT_HEAD_FILE_NAME, is_renewed=True)
    async with open_database(
        settings.database.url, password=password.reveal() if password else None, pool_size=1, trail=trail
    ) as database:
        after = {"made_at": archive.manifest.created_at, "version": archive.manifest.version}
        async with database.transaction(durable=True) as transaction:
            transaction.audit(
                actor, Deed("backup.restored", Party("backup", "", order.backup.name), after=after)
            )
        return await _keys_problem(settings.keys.master, database)


async def _keys_problem(master: Secret | None, database: Database) -> str | None:
    if master is None:
        return f"{MASTER} is missing: the backup does not hold it"
    try:
        await require_opening(database, master.reveal())
    except (BrokenState, Unavailable) as error:
        return error.message
    return None
