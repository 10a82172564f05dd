"""Puts the rows of a backup into an empty place of either database, in one transaction of the caller, and compares."""

from __future__ import annotations

import asyncio
from itertools import islice

from synctv_server.domain.errors import BrokenState, IncompatibleVersion
from synctv_server.upkeep.backup import catalogue, rows
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.catalogue import Table
from synctv_server.upkeep.backup.creating import Progress, part_of
from synctv_server.upkeep.migrate import MigrationTarget
from synctv_server.upkeep.migrate.building import build
from synctv_server.upkeep.migrate.session import MigrationSession


async def fill(
    session: MigrationSession,
    archive: Archive,
    target: MigrationTarget,
    progress: Progress = lambda *_: None,
) -> None:
    """The schema of the backup, its rows, and then what this program has added to the schema since.

    Raises IncompatibleVersion for a backup of a newer schema, BrokenState where what arrives is not what was kept.
    """
    manifest, known = archive.manifest, target.migrations()
    number = int(manifest.schema)
    if number > len(known):
        raise IncompatibleVersion(
            f"the backup is of a database at {manifest.schema}, made by SyncTV {manifest.version}; "
            f"this one knows {known[-1].id}",
            hint="use that version, or a later one",
        )
    await build(session, known[:number], target.now)
    tables = await catalogue.own_tables(session, target, number)
    if {table.name for table in tables} != set(manifest.counts):
        raise BrokenState("the tables of the backup are not those of its schema")
    await empty(session, tables)
    for table in tables:
        await _load(session, archive, table)
        await _compare(session, archive, table)
        progress(table.name, manifest.counts[table.name])
    await build(session, known[number:], target.now)


async def empty(session: MigrationSession, tables: list[Table]) -> None:
    """Without the rows that migrations bring with them."""
    for table in reversed(tables):
        await session.execute(f'DELETE FROM "{table.name}"')  # noqa: S608  (a name of the catalogue)


async def _load(session: MigrationSession, archive: Archive, table: Table) -> None:
    with archive.lines(part_of(table.name)) as lines:
        if lines.readline() != rows.head(table):
            raise BrokenState(f"the columns of {table.name} in the backup are not those of its schema")
        while page := list(islice(lines, rows.PAGE_ROWS)):
            values = await asyncio.to_thread(rows.decode, table, page)
            await session.load(table.name, table.names, values)


async def _compare(session: MigrationSession, archive: Archive, table: Table) -> None:
    found = await rows.content(session, table)
    kept = rows.Content(
        archive.manifest.counts[table.name], archive.manifest.parts[part_of(table.name)].sha256
    )
    if found != kept:
        raise BrokenState(f"{table.name} has {found.count} rows where {kept.count} were kept, or other ones")
