"""Migrations that are Python: run inside their transaction, taken back by the program that has them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from synctv_server.domain.errors import BrokenState, IncompatibleVersion, Invalid
from synctv_server.upkeep.migrate import MigrationState, MigrationTarget, down, files, scaffold, status, up

NOTES = "CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL);"
UPPER = '''"""Notes in capitals."""

async def up(db):
    for row in await db.execute("SELECT id, text FROM notes ORDER BY id"):
        await db.execute("UPDATE notes SET text = {} WHERE id = {}", row["text"].upper(), row["id"])

async def down(db):
    await db.execute("UPDATE notes SET text = {}", db.kind)
'''


@pytest.fixture
async def target(empty_url: str, tmp_path: Path) -> MigrationTarget:
    """A table with two notes, and a data step that waits."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for kind in ("sqlite", "postgres"):
        (folder / f"0001_notes.{kind}.up.sql").write_text(NOTES)
        (folder / f"0001_notes.{kind}.down.sql").write_text("DROP TABLE notes;")
    (folder / "0002_upper.py").write_text(UPPER)
    target = dataclasses.replace(MigrationTarget.from_url(empty_url), folder=folder)
    await up(target, steps=1)
    await execute(target, "INSERT INTO notes VALUES (1, 'one'), (2, 'two')")
    return target


async def execute(target: MigrationTarget, sql: str) -> list[str]:
    async with target.connect(create=False) as session:
        assert session is not None
        return [row["text"] for row in await session.execute(sql)]


async def texts(target: MigrationTarget) -> list[str]:
    return await execute(target, "SELECT text FROM notes ORDER BY id")


async def test_data_step_goes_up_and_down(target: MigrationTarget) -> None:
    await up(target)
    assert await texts(target) == ["ONE", "TWO"]
    assert (await status(target)).state is MigrationState.CURRENT
    assert [done.name for done in (await down(target)).applied] == ["upper"]
    assert await texts(target) == [target.kind, target.kind]
    assert (await status(target)).current == "0001"


async def test_failing_data_step_leaves_nothing_behind(target: MigrationTarget) -> None:
    (target.folder / "0002_upper.py").write_text(UPPER.replace('row["id"])', '1 // (2 - row["id"]))'))
    with pytest.raises(ZeroDivisionError):
        await up(target)
    assert await texts(target) == ["one", "two"]
    assert (await status(target)).current == "0001"


async def test_changed_data_step_is_drift(target: MigrationTarget) -> None:
    await up(target)
    (target.folder / "0002_upper.py").write_text(UPPER.replace("upper()", "lower()"))
    assert (await status(target)).state is MigrationState.DRIFTED
    with pytest.raises(IncompatibleVersion, match="0002_upper is Python"):
        await down(target)


async def test_program_without_the_step_does_not_run_code_from_the_database(target: MigrationTarget) -> None:
    await up(target)
    (target.folder / "0002_upper.py").unlink()
    assert (await status(target)).state is MigrationState.NEWER
    with pytest.raises(IncompatibleVersion, match="0002_upper is Python") as refused:
        await down(target)
    assert refused.value.hint is not None
    assert "which applied it" in refused.value.hint
    assert await texts(target) == ["ONE", "TWO"]


async def test_data_step_without_a_way_is_refused(target: MigrationTarget) -> None:
    (target.folder / "0002_upper.py").write_text(UPPER.replace("async def up", "async def upwards"))
    with pytest.raises(BrokenState, match="async def up"):
        await up(target)


def test_number_that_is_taken_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_notes.sqlite.up.sql").write_text(NOTES)
    (tmp_path / "0001_notes.sqlite.down.sql").write_text("DROP TABLE notes;")
    (tmp_path / "0001_upper.py").write_text(UPPER)
    with pytest.raises(BrokenState, match="not numbered"):
        files.load(tmp_path, "sqlite")


def test_scaffold_takes_the_next_number_and_loads(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "migrations"
    folder.mkdir()
    number, written = scaffold("chat_reactions", as_data_step=False, folder=folder)
    assert number == "0001"
    assert sorted(path.name for path in written) == [
        "0001_chat_reactions.postgres.down.sql",
        "0001_chat_reactions.postgres.up.sql",
        "0001_chat_reactions.sqlite.down.sql",
        "0001_chat_reactions.sqlite.up.sql",
    ]
    assert scaffold("upper", as_data_step=True, folder=folder)[0] == "0002"
    assert [migration.id for migration in files.load(folder, "postgres")] == ["0001", "0002"]


async def test_scaffold_can_be_applied_as_it_is(target: MigrationTarget) -> None:
    (target.folder.parent / "pyproject.toml").touch()
    scaffold("nothing_yet", as_data_step=False, folder=target.folder)
    scaffold("nor_here", as_data_step=True, folder=target.folder)
    assert [done.id for done in (await up(target)).applied] == ["0002", "0003", "0004"]
    assert [done.id for done in (await down(target, steps=2)).applied] == ["0004", "0003"]


@pytest.mark.parametrize("wrong", ["", "a", "With-Dash", "../up"])
def test_name_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(Invalid, match="no name"):
        scaffold(wrong, as_data_step=False, folder=tmp_path)


def test_installed_program_writes_no_migrations(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="checkout"):
        scaffold("chat_reactions", as_data_step=False, folder=tmp_path / "migrations")
