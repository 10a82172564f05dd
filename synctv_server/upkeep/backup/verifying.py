"""Whether a backup would restore: it is restored, into a scratch place that needs no installation and no server."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from synctv_server.config.places import AUDIT_CHECKPOINTS_FILE_NAME
from synctv_server.domain.errors import BrokenState, ConfigurationInvalid
from synctv_server.security.keyring import Keyring
from synctv_server.security.sealing import read_master_key
from synctv_server.services.audit_check import AuditCheck
from synctv_server.services.audit_checkpoints import Checkpoints
from synctv_server.services.keys import KeyService
from synctv_server.store import Database, open_database
from synctv_server.store.audit import AuditStore
from synctv_server.store.keys import KeyStore
from synctv_server.store.trail import AuditTrail, wall_clock
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.creating import CHECKPOINTS, Progress
from synctv_server.upkeep.backup.filling import fill
from synctv_server.upkeep.backup.installed import MASTER
from synctv_server.upkeep.backup.manifest import Manifest
from synctv_server.upkeep.backup.secrets import open_secrets
from synctv_server.upkeep.migrate import MigrationTarget

Keys = Literal["opened", "wrapped", "absent"]
"""The master key opens the key ring; it is in the backup and no passphrase was given; it is not in it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: a `problem` where the backup is of no use; the manifest as far as it could be read."""

    manifest: Manifest | None
    keys: Keys
    problem: str | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None


async def verify(path: Path, *, secret: str | None = None, progress: Progress = lambda *_: None) -> Verified:
    """Check every byte, restore into a SQLite file of a temporary folder, migrate, compare rows and audit chain.

    With the passphrase `secret`, that the master key opens the key ring too. Raises NotFound where there is no file,
    Invalid for a wrong passphrase, IncompatibleVersion for a backup of a newer version.
    """
    manifest: Manifest | None = None
    keys: Keys = "absent"
    try:
        with Archive.open(path) as archive, TemporaryDirectory(prefix="synctv-verify-") as folder:
            manifest = archive.manifest
            keys = "wrapped" if manifest.has_secrets else "absent"
            secrets = None if secret is None else await open_secrets(archive, secret)
            await _restore_and_check(archive, Path(folder), secrets, progress)
            if secrets is not None:
                keys = "opened"
    except BrokenState as error:
        return Verified(manifest, keys, error.message)
    return Verified(manifest, keys)


async def _restore_and_check(
    archive: Archive, folder: Path, secrets: Mapping[str, str] | None, progress: Progress
) -> None:
    url = f"sqlite:///{folder / 'synctv.db'}"
    target = MigrationTarget.from_url(url)
    async with target.connect(create=True) as session:
        if session is not None:
            async with session.kept_together():
                await fill(session, archive, target, progress)
    checkpoints = folder / AUDIT_CHECKPOINTS_FILE_NAME
    with suppress(KeyError):
        checkpoints.write_bytes(archive.read(CHECKPOINTS))
    async with open_database(url) as database:
        await _check_chain(database, checkpoints)
        if secrets is not None:
            await require_opening(database, secrets.get(MASTER, ""))


async def _check_chain(database: Database, checkpoints: Path) -> None:
    journal = Checkpoints(checkpoints, Keyring(wall_clock), KeyStore(database))
    found = await AuditCheck(AuditStore(database), AuditTrail(), journal).run()
    if not found.ok:
        raise BrokenState(f"the audit log in the backup does not hold: {found.faults[0]}")


async def require_opening(database: Database, master: str) -> None:
    """BrokenState unless this master key opens the key ring of the database."""
    try:
        await KeyService(database, read_master_key(master), "RS256", wall_clock).load()
    except ConfigurationInvalid as error:
        raise BrokenState(f"the master key does not open the key ring: {error.message}") from error
