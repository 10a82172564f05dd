"""Makes a backup of a running or resting installation: one moment of the database, its files, and its secrets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from synctv_server import __version__
from synctv_server.config.places import AUDIT_CHECKPOINTS_FILE_NAME
from synctv_server.domain.errors import BrokenState, Conflict, IncompatibleVersion, NotFound
from synctv_server.domain.times import Millis, to_rfc3339
from synctv_server.security import passphrase
from synctv_server.store.engine import Row
from synctv_server.upkeep.backup import catalogue, files, rows
from synctv_server.upkeep.backup.archive import ArchiveWriter
from synctv_server.upkeep.backup.catalogue import Table
from synctv_server.upkeep.backup.installed import Installed
from synctv_server.upkeep.backup.manifest import Manifest
from synctv_server.upkeep.migrate import ledger
from synctv_server.upkeep.migrate.ledger import MigrationState
from synctv_server.upkeep.migrate.session import MigrationSession

CONFIGURATION = "synctv.toml"
SECRETS = "secrets"
CHECKPOINTS = AUDIT_CHECKPOINTS_FILE_NAME

Progress = Callable[[str, int], None]
"""Called with the name of each table that is through and the number of its rows."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made."""

    path: Path
    size_bytes: int
    sha256: str
    manifest: Manifest


def part_of(table: str) -> str:
    """The part that holds the rows of a table."""
    return f"database/{table}.jsonl"


def file_name(moment: Millis) -> str:
    """How a backup of this moment is called: names sort by age."""
    return f"synctv-{datetime.fromtimestamp(moment / 1000, UTC):%Y%m%dT%H%M%S.%f}"[:-3] + "Z.zip"


async def create(
    installed: Installed,
    output: Path | None = None,
    *,
    secret: str | None = None,
    progress: Progress = lambda *_: None,
) -> Backup:
    """One file, 0600, at `output` (a file or a folder) or among the backups of the installation.

    With the passphrase `secret` the master key and the secret files are in it, wrapped. Without one they are not: the
    key ring stays sealed under a master key that is kept elsewhere. The file is whole, or not there. Raises Conflict
    where it is there already, NotFound where there is no database, BrokenState and IncompatibleVersion for one in the
    middle of a migration or newer than the program, Unavailable when the disk is full.
    """
    moment = installed.target.now()
    path = _place(installed, output, file_name(moment))
    with ArchiveWriter(path) as writer:
        small = _read_files(installed)
        if secret is not None:
            wrapped = json.dumps(dict(installed.secrets)).encode()
            small[SECRETS] = await asyncio.to_thread(passphrase.wrap, wrapped, secret)
        for name, content in small.items():
            writer.add(name, content)
        async with installed.target.connect(create=False) as session:
            if session is None:
                raise NotFound(
                    f"there is no database {installed.target.address.path}", hint="`synctv init` makes one"
                )
            async with session.snapshot():
                schema = await _schema(session, installed)
                tables = await catalogue.own_tables(session, installed.target, int(schema))
                counts = await _write_rows(session, writer, tables, progress)
        manifest = Manifest(
            created_at=to_rfc3339(moment),
            version=__version__,
            database=installed.target.kind,
            schema=schema,
            has_secrets=secret is not None,
            counts=counts,
            parts=writer.parts,
        )
        size, sha256 = await asyncio.to_thread(writer.finish, manifest)
    return Backup(path, size, sha256, manifest)


def _place(installed: Installed, output: Path | None, name: str) -> Path:
    path = output or installed.target.backups
    if output is None or path.is_dir():
        files.make_folder(path)
        path /= name
    if path.exists():
        raise Conflict(
            f"{path} is there already", code="backup.exists", hint="Name another file with --output."
        )
    return path.absolute()


def _read_files(installed: Installed) -> dict[str, bytes]:
    """Read before the database: a checkpoint of the audit log must not be ahead of the rows."""
    wanted = {CHECKPOINTS: installed.data_dir / CHECKPOINTS, CONFIGURATION: installed.config_file}
    found = {}
    for name, path in wanted.items():
        if path is not None and path.exists():
            with files.told(path):
                found[name] = path.read_bytes()
    return found


async def _schema(session: MigrationSession, installed: Installed) -> str:
    found = ledger.judge(await session.applied(), installed.target.migrations())
    if found.state is MigrationState.NEWER:
        raise IncompatibleVersion(f"{found.problem}; this is SyncTV {__version__}", hint="use that version")
    if found.state is MigrationState.DIRTY:
        raise BrokenState(f"{found.problem}")
    if found.current is None:
        raise NotFound("the database is empty; there is nothing to back up", hint="`synctv init` fills it")
    return found.current


async def _write_rows(
    session: MigrationSession, writer: ArchiveWriter, tables: Sequence[Table], progress: Progress
) -> dict[str, int]:
    counts = {}
    for table in tables:
        counts[table.name] = await _write_table(session, writer, table)
        progress(table.name, counts[table.name])
    return counts


async def _write_table(session: MigrationSession, writer: ArchiveWriter, table: Table) -> int:
    count = 0
    with writer.part(part_of(table.name)) as part:

        def write(page: Sequence[Row]) -> None:
            part.write(rows.encode(table, page))

        part.write(rows.head(table))
        async for page in rows.pages(session, table):
            await asyncio.to_thread(write, page)  # this may be the server, whose loop has viewers to serve
            count += len(page)
    return count
