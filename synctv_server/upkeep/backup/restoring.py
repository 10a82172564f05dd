"""Puts a backup in place: database, configuration and secrets. Called by `supervisor.restoring` under its lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.config.secrets import secret_file
from synctv_server.domain.audit import EMPTY, Head
from synctv_server.store.trail import head_document
from synctv_server.upkeep.backup import files
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.creating import CHECKPOINTS, CONFIGURATION, Progress, part_of
from synctv_server.upkeep.backup.exchange import Exchange
from synctv_server.upkeep.backup.filling import fill
from synctv_server.upkeep.migrate import MigrationTarget
from synctv_server.upkeep.migrate.building import tear_down


@dataclass(frozen=True, slots=True)
class Site:
    """Where a backup is to be put. `secrets` are those that belong into files of the data directory.

    `sets_database_aside` keeps a SQLite file that is there and could not be backed up.
    """

    data_dir: Path
    config_file: Path
    target: MigrationTarget
    secrets: Mapping[str, str] = field(repr=False)
    sets_database_aside: bool = False

    async def occupied(self, archive: Archive) -> list[Path | str]:
        """What is there already and would be replaced."""
        wanted = [secret_file(self.data_dir, name) for name in self.secrets]
        if archive.has(CONFIGURATION):
            wanted.append(self.config_file)
        found: list[Path | str] = [path for path in wanted if path.exists()]
        async with self.target.connect(create=False) as session:
            if session is not None and (self.target.kind == "sqlite" or await session.has_ledger()):
                found.append("the database")
        return found


async def restore(archive: Archive, site: Site, progress: Progress = lambda *_: None) -> None:
    """Everything, or nothing: files by an exchange, a PostgreSQL database by one transaction before it.

    What is there is replaced: the caller has asked `occupied` before. A kill between the COMMIT of PostgreSQL and the
    exchange leaves a database whose keys are not there yet; the same command with --replace completes it.
    """
    with Exchange(site.data_dir) as exchange:
        _stage_files(exchange, archive, site)
        if site.target.kind == "sqlite":
            await _stage_database(exchange, archive, site, progress)
        else:
            await _replace_database(archive, site.target, progress)
        exchange.commit()


def _stage_files(exchange: Exchange, archive: Archive, site: Site) -> None:
    files.make_folder(site.data_dir / "keys")
    if archive.has(CONFIGURATION):
        files.make_folder(site.config_file.parent)
        _stage_file(exchange, site, site.config_file, archive.read(CONFIGURATION))
    for name, value in site.secrets.items():
        _stage_file(exchange, site, secret_file(site.data_dir, name), f"{value}\n".encode())
    checkpoints = site.data_dir / CHECKPOINTS
    if archive.has(CHECKPOINTS) or checkpoints.exists():  # those of another log would accuse this one
        content = archive.read(CHECKPOINTS) if archive.has(CHECKPOINTS) else b""
        files.write_private(exchange.stage(checkpoints), content)
    # With the database, so that at no moment the file outside speaks of another log than the one that is there.
    head = head_document(_head_of(archive)).encode()
    files.write_private(exchange.stage(site.data_dir / AUDIT_HEAD_FILE_NAME), head)


def _head_of(archive: Archive) -> Head:
    """Where the audit log in the backup ends; a schema from before there was one has an empty log."""
    part = part_of("audit_head")
    lines = archive.read(part).splitlines() if archive.has(part) else []
    if len(lines) < 2:
        return EMPTY
    row = dict(zip(json.loads(lines[0]), json.loads(lines[1]), strict=True))
    return Head(row["entries"], row["hash"])


def _stage_file(exchange: Exchange, site: Site, path: Path, content: bytes) -> None:
    """What stands there and is another stays beside it: a master key opens backups of its time."""
    if not path.exists():
        files.write_private(exchange.stage(path), content)
    elif path.read_bytes() != content:
        files.write_private(exchange.stage(path, aside=_aside(path, site)), content)


async def _stage_database(exchange: Exchange, archive: Archive, site: Site, progress: Progress) -> None:
    path = site.target.address.path.absolute()
    files.make_folder(path.parent)
    beside = tuple(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm", "-journal"))
    aside = _aside(path, site) if site.sets_database_aside else None
    staged = exchange.stage(path, aside=aside, clears=beside)
    target = MigrationTarget.from_url(f"sqlite:///{staged}")
    async with target.connect(create=True) as session:
        if session is not None:
            async with session.kept_together():
                await fill(session, archive, target, progress)


async def _replace_database(archive: Archive, target: MigrationTarget, progress: Progress) -> None:
    async with target.connect(create=True) as session:
        if session is not None:
            async with session.kept_together():
                await tear_down(session)
                await fill(session, archive, target, progress)


def _aside(path: Path, site: Site) -> Path:
    """The name under which something that is replaced stays beside its place."""
    moment = datetime.fromtimestamp(site.target.now() / 1000, UTC)
    return path.with_name(f"{path.name}.before-{moment:%Y%m%dT%H%M%SZ}")
