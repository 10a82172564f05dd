"""Copies a database into an empty one of either kind, and compares. Called by `synctv database move`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from synctv_server.domain.errors import ActionNeeded, BrokenState, Conflict, NotFound
from synctv_server.store.address import DatabaseAddress
from synctv_server.upkeep.backup import catalogue, files, rows
from synctv_server.upkeep.backup.catalogue import Table
from synctv_server.upkeep.backup.creating import Progress
from synctv_server.upkeep.backup.filling import empty
from synctv_server.upkeep.migrate import MigrationState, MigrationTarget, ledger
from synctv_server.upkeep.migrate.building import build
from synctv_server.upkeep.migrate.session import MigrationSession


async def move(
    source: MigrationTarget, to: MigrationTarget, progress: Progress = lambda *_: None
) -> dict[str, int]:
    """The rows of each table, now in `to` as well; the source stays as it is.

    All of it appears at once: one transaction, or a SQLite file that is renamed. Raises Conflict where `to` is not
    empty, ActionNeeded and BrokenState for a source that is not at the newest migration, BrokenState where what has
    arrived is not what was read.
    """
    await require_empty(to)
    async with source.connect(create=False) as reading:
        if reading is None:
            raise NotFound(f"there is no database {source.address.path}")
        async with reading.snapshot(), _writing(to) as writing:
            await _require_newest(reading, source)
            await build(writing, to.migrations(), to.now)
            return await _copy_all(reading, writing, await _own_tables(writing, to), progress)


async def count_rows(source: MigrationTarget) -> dict[str, int]:
    """What there is to move."""
    async with source.connect(create=False) as session:
        if session is None:
            raise NotFound(f"there is no database {source.address.path}")
        await _require_newest(session, source)
        tables = await _own_tables(session, source)
        return {table.name: await _count(session, table) for table in tables}


async def require_empty(to: MigrationTarget) -> None:
    """Conflict where there is a database of ours already; Unavailable where none can be reached."""
    async with to.connect(create=False) as session:
        if session is not None and (to.kind == "sqlite" or await session.has_ledger()):
            raise Conflict(
                "the database to move to is not empty",
                code="conflict.not_empty",
                hint="Name one without tables, or a SQLite file that does not exist.",
            )


@asynccontextmanager
async def _writing(to: MigrationTarget) -> AsyncIterator[MigrationSession]:
    """A transaction; on SQLite in a file beside its place, which is put there at the end."""
    if to.kind == "postgres":
        async with _transaction(to) as session:
            yield session
        return
    path = to.address.path
    files.make_folder(path.parent)
    draft = path.with_name(f".{path.name}.moving")
    for left in (draft, draft.with_name(f"{draft.name}-journal")):  # of one that was killed
        left.unlink(missing_ok=True)
    try:
        async with _transaction(replace(to, address=DatabaseAddress("sqlite", path=draft))) as session:
            yield session
        files.sync(draft)
        files.put(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@asynccontextmanager
async def _transaction(target: MigrationTarget) -> AsyncIterator[MigrationSession]:
    async with target.connect(create=True) as session:
        if session is None:
            raise NotFound("there is no database")
        async with session.kept_together():
            yield session


async def _require_newest(session: MigrationSession, source: MigrationTarget) -> None:
    found = ledger.judge(await session.applied(), source.migrations())
    if found.state is MigrationState.PENDING:
        raise ActionNeeded("the database waits for migrations", hint="`synctv migrate up`, then move it")
    if found.state is not MigrationState.CURRENT:
        raise BrokenState(f"{found.problem}", hint="`synctv migrate status` shows where the database stands")


async def _count(session: MigrationSession, table: Table) -> int:
    sql = f'SELECT COUNT(*) AS count FROM "{table.name}"'  # noqa: S608  (a name of the catalogue)
    [row] = await session.execute(sql)
    count: int = row["count"]
    return count


async def _own_tables(session: MigrationSession, target: MigrationTarget) -> list[Table]:
    return await catalogue.own_tables(session, target, len(target.migrations()))


async def _copy_all(
    reading: MigrationSession, writing: MigrationSession, tables: list[Table], progress: Progress
) -> dict[str, int]:
    await empty(writing, tables)
    counts = {}
    for table in tables:
        await _copy(reading, writing, table)
        was, came = await rows.content(reading, table), await rows.content(writing, table)
        if was != came:
            raise BrokenState(
                f"{table.name} has {came.count} rows where {was.count} were read, or other ones"
            )
        counts[table.name] = came.count
        progress(table.name, came.count)
    return counts


async def _copy(reading: MigrationSession, writing: MigrationSession, table: Table) -> None:
    async for page in rows.pages(reading, table):
        lines = await asyncio.to_thread(rows.encode, table, page)
        values = await asyncio.to_thread(rows.decode, table, lines.splitlines())
        await writing.load(table.name, table.names, values)
