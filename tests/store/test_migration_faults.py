"""Killed in the middle: what `status` then says, and that `up` mends it."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path

import pytest

from synctv_server.upkeep.migrate import MigrationState, MigrationTarget, down, status, up
from tests.support import schemas

NOTES = "CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY);\nINSERT INTO notes (id) VALUES (1);\n"
# Something to be killed in. PostgreSQL finishes it without its client, SQLite would take minutes.
SLOW = {
    "sqlite": (
        "INSERT INTO notes (id) WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 1000000000) SELECT max(i) FROM n;\n"
    ),
    "postgres": "INSERT INTO notes (id) SELECT 2 FROM pg_sleep(2);\n",
}
QUICK = "INSERT INTO notes (id) VALUES (2);\n"
RUN = """
import asyncio, dataclasses, sys
from pathlib import Path
from synctv_server.upkeep.migrate import MigrationTarget, up

target = dataclasses.replace(MigrationTarget.from_url(sys.argv[1]), folder=Path(sys.argv[2]))
print("ready", flush=True)
asyncio.run(up(target, progress=lambda done: print(done.id, flush=True)))
"""


@pytest.fixture
def target(empty_url: str, tmp_path: Path) -> MigrationTarget:
    folder = tmp_path / "migrations"
    folder.mkdir()
    target = dataclasses.replace(MigrationTarget.from_url(empty_url), folder=folder)
    write(target, "0001_notes", NOTES, "DROP TABLE notes;\n")
    return target


def write(target: MigrationTarget, name: str, up_sql: str, down_sql: str) -> None:
    (target.folder / f"{name}.{target.kind}.up.sql").write_text(up_sql)
    (target.folder / f"{name}.{target.kind}.down.sql").write_text(down_sql)


async def kill_in_the_second_step(url: str, target: MigrationTarget) -> None:
    """A runner in a process of its own, killed while the second migration is being applied."""
    runner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, url, str(target.folder), stdout=asyncio.subprocess.PIPE
    )
    assert runner.stdout is not None
    assert [await runner.stdout.readline() for _ in range(2)] == [b"ready\n", b"0001\n"]
    await asyncio.sleep(0.15)  # into the slow statement; wherever it hits, the outcome is the same
    runner.kill()
    assert await runner.wait() == -9


async def test_kill_between_statements_leaves_the_step_before(
    empty_url: str, target: MigrationTarget
) -> None:
    parts = "CREATE TABLE more (id BIGINT);\n{}CREATE TABLE last (id BIGINT);\n"
    undo = "DROP TABLE last;\nDROP TABLE more;\n"
    write(target, "0002_slow", parts.format(SLOW[target.kind]), undo)
    await kill_in_the_second_step(empty_url, target)
    found = await status(target)
    assert (found.state, found.current) == (MigrationState.PENDING, "0001")
    assert list(await schemas.of_database(empty_url)) == ["notes", "schema_migrations"]

    write(target, "0002_slow", parts.format(QUICK), undo)
    outcome = await up(target)

    assert [done.id for done in outcome.applied] == ["0002"]
    assert (await status(target)).state is MigrationState.CURRENT


async def test_kill_without_a_transaction_is_named_dirty_and_mended(
    empty_url: str, target: MigrationTarget
) -> None:
    mark = "-- synctv: no-transaction\n"
    parts = mark + "CREATE TABLE more (id BIGINT);\n{}CREATE TABLE last (id BIGINT);\n"
    undo = mark + "DROP TABLE IF EXISTS last;\nDROP TABLE IF EXISTS more;\nDELETE FROM notes WHERE id > 1;\n"
    write(target, "0002_slow", parts.format(SLOW[target.kind]), undo)
    await kill_in_the_second_step(empty_url, target)
    found = await status(target)
    assert (found.state, found.current) == (MigrationState.DIRTY, "0002")
    assert found.problem is not None
    assert "0002_slow was cut off while applying" in found.problem

    write(target, "0002_slow", parts.format(QUICK), undo)
    outcome = await up(target)

    assert [(done.direction, done.id) for done in outcome.applied] == [("down", "0002"), ("up", "0002")]
    assert (await status(target)).state is MigrationState.CURRENT
    assert "last" in await schemas.of_database(empty_url)


async def test_failed_way_down_without_a_transaction_is_dirty_and_mended(
    empty_url: str, target: MigrationTarget
) -> None:
    more = "-- synctv: no-transaction\nCREATE TABLE more (id BIGINT);\n"
    undo = "-- synctv: no-transaction\nDROP TABLE IF EXISTS more;\nDROP TABLE gone;\n"
    write(target, "0002_more", more, undo)
    await up(target)
    with pytest.raises(Exception, match="gone"):
        await down(target)
    found = await status(target)
    assert found.state is MigrationState.DIRTY
    assert found.problem is not None
    assert "reverting" in found.problem
    async with target.connect(create=False) as session:
        assert session is not None
        await session.execute("CREATE TABLE gone (id BIGINT)")
    await up(target)
    assert (await status(target)).state is MigrationState.CURRENT
    assert "more" in await schemas.of_database(empty_url)
