"""The schema goes up, down and up again, and keeps what is in it; refuses what does not fit."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import synctv_server
from synctv_server.domain.errors import BrokenState, Conflict, IncompatibleVersion, Invalid, Unavailable
from synctv_server.store import open_database
from synctv_server.store.rooms import RoomStore
from synctv_server.store.users import UserStore
from synctv_server.upkeep.migrate import Done, MigrationState, MigrationTarget, down, files, status, up
from tests.support import samples, schemas

PARTS = {
    "0001_notes": ("CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY);", "DROP TABLE notes;"),
    "0002_text": ("ALTER TABLE notes ADD COLUMN text TEXT;", "ALTER TABLE notes DROP COLUMN text;"),
    "0003_more": ("CREATE TABLE more (id BIGINT NOT NULL);", "DROP TABLE more;"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small migrations, which a test may change."""
    path = tmp_path / "migrations"
    path.mkdir()
    for name, (up_sql, down_sql) in PARTS.items():
        write(path, name, up_sql, down_sql)
    return path


@pytest.fixture
def target(empty_url: str, folder: Path) -> MigrationTarget:
    now = itertools.count(samples.NOW).__next__
    return dataclasses.replace(MigrationTarget.from_url(empty_url), folder=folder, now=now)


def write(folder: Path, name: str, up_sql: str, down_sql: str) -> None:
    for kind in ("sqlite", "postgres"):
        (folder / f"{name}.{kind}.up.sql").write_text(up_sql)
        (folder / f"{name}.{kind}.down.sql").write_text(down_sql)


def forget(folder: Path, name: str) -> None:
    for path in folder.glob(f"{name}.*"):
        path.unlink()


async def test_up_from_nothing_is_current(empty_url: str) -> None:
    target = MigrationTarget.from_url(empty_url)
    before = await status(target)
    assert (before.state, before.current) == (MigrationState.PENDING, None)
    outcome = await up(target)
    after = await status(target)
    assert after.state is MigrationState.CURRENT
    assert after.current == after.latest
    assert [done.id for done in outcome.applied] == [one.id for one in before.pending]
    assert outcome.backup is None


async def test_status_makes_no_file(tmp_path: Path) -> None:
    await status(MigrationTarget.from_url(f"sqlite:///{tmp_path / 'synctv.db'}"))
    assert [path.name for path in tmp_path.iterdir()] == []  # noqa: ASYNC240  (a look at a folder of the test)


async def test_up_down_up_gives_one_schema_and_keeps_rows(empty_url: str) -> None:
    """Each migration is taken down and up again while there is data in what stays."""
    target = MigrationTarget.from_url(empty_url)
    await up(target)
    wanted = await schemas.of_database(empty_url)
    ann = samples.user("Ann")
    room = samples.room(samples.person_of(ann))
    async with open_database(empty_url) as database:
        await UserStore(database).create(ann, "hash")
        await RoomStore(database).create(room)
    await down(target, to="0003")
    await up(target)
    async with open_database(empty_url) as database:
        assert await RoomStore(database).get_room(room.id) == room
    for migration in reversed(target.migrations()):
        await down(target)
        await up(target)
        assert await schemas.of_database(empty_url) == wanted
        if migration.version > 1:
            await down(target)
    await down(target, to="0000")
    assert list(await schemas.of_database(empty_url)) == ["schema_migrations"]
    await up(target)
    assert await schemas.of_database(empty_url) == wanted


async def test_steps_and_ids_limit_how_far_it_goes(target: MigrationTarget) -> None:
    assert [done.id for done in (await up(target, steps=1)).applied] == ["0001"]
    assert [done.id for done in (await up(target, to="0002_text")).applied] == ["0002"]
    assert (await status(target)).current == "0002"
    assert [done.id for done in (await up(target, to="2")).applied] == []
    await up(target)
    assert [done.id for done in (await down(target)).applied] == ["0003"]
    assert [done.id for done in (await down(target, to="0")).applied] == ["0002", "0001"]
    assert [done.id for done in (await down(target)).applied] == []


@pytest.mark.parametrize("wrong", ["0009", "notes", "", "-1"])
async def test_unknown_id_names_those_there_are(target: MigrationTarget, wrong: str) -> None:
    with pytest.raises(Invalid, match="0001, 0002, 0003"):
        await up(target, to=wrong)
    await up(target)
    with pytest.raises(Invalid, match="0000, 0001, 0002, 0003"):
        await down(target, to=wrong)


async def test_dry_run_shows_the_sql_and_changes_nothing(target: MigrationTarget) -> None:
    planned = await up(target, dry_run=True)
    assert [done.sql for done in planned.applied] == [up_sql for up_sql, _ in PARTS.values()]
    assert (await status(target)).current is None
    await up(target)
    assert [done.direction for done in (await down(target, to="0", dry_run=True)).applied] == ["down"] * 3
    assert (await status(target)).current == "0003"


async def test_progress_is_told_step_by_step(target: MigrationTarget) -> None:
    heard: list[Done] = []
    await up(target, progress=heard.append)
    assert [(done.place, done.total, done.id, done.name) for done in heard] == [
        (1, 3, "0001", "notes"),
        (2, 3, "0002", "text"),
        (3, 3, "0003", "more"),
    ]


async def test_ledger_says_when_and_by_whom(target: MigrationTarget) -> None:
    await up(target)
    applied = (await status(target)).applied
    assert [(one.id, one.name, one.applied_at) for one in applied] == [
        ("0001", "notes", samples.NOW),
        ("0002", "text", samples.NOW + 1),
        ("0003", "more", samples.NOW + 2),
    ]


async def test_failing_step_is_undone_whole_and_those_before_stay(
    target: MigrationTarget, folder: Path
) -> None:
    write(folder, "0003_more", "CREATE TABLE more (id BIGINT NOT NULL);\nCREATE TABLE more (id BIGINT);", "")
    with pytest.raises(Exception, match="more"):
        await up(target)
    found = await status(target)
    assert (found.state, found.current) == (MigrationState.PENDING, "0002")
    write(folder, "0003_more", *PARTS["0003_more"])
    assert [done.id for done in (await up(target)).applied] == ["0003"]


async def test_changed_file_is_drift_and_refused(target: MigrationTarget, folder: Path) -> None:
    await up(target, to="0002")
    write(folder, "0002_text", PARTS["0002_text"][0].replace("text", "words"), PARTS["0002_text"][1])
    found = await status(target)
    assert found.state is MigrationState.DRIFTED
    assert found.problem is not None
    assert "0002_text" in found.problem
    with pytest.raises(BrokenState, match="0002_text"):
        await up(target)


async def test_blanks_and_line_ends_are_no_drift(target: MigrationTarget, folder: Path) -> None:
    await up(target)
    for path in folder.glob("*.sql"):  # noqa: ASYNC240
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").replace(b";", b";  ") + b"\r\n\r\n")
    assert (await status(target)).state is MigrationState.CURRENT


async def test_checksum_never_changes() -> None:
    """It stands in every ledger out there."""
    migration = files.Migration(1, "notes", "CREATE TABLE a (b);\n", "DROP TABLE a;\n")
    assert migration.checksum == "68651c35708188954e0c4de2418c2de65fb0cebdad5f5759ba9c4d016a70c95c"


async def test_newer_database_is_refused_and_can_be_taken_down(target: MigrationTarget, folder: Path) -> None:
    await up(target)
    forget(folder, "0003_more")
    found = await status(target)
    assert found.state is MigrationState.NEWER
    with pytest.raises(IncompatibleVersion, match="0003_more") as refused:
        await up(target)
    assert refused.value.hint is not None
    assert "--to 0002" in refused.value.hint
    # Its own file is gone: the way down comes from the ledger.
    assert [done.id for done in (await down(target, to="0002")).applied] == ["0003"]
    assert (await status(target)).state is MigrationState.CURRENT


async def test_gap_in_the_numbers_and_a_missing_way_back_are_refused(
    target: MigrationTarget, folder: Path
) -> None:
    forget(folder, "0002_text")
    with pytest.raises(BrokenState, match="not numbered"):
        await status(target)
    write(folder, "0002_text", *PARTS["0002_text"])
    (folder / f"0002_text.{target.kind}.down.sql").unlink()
    with pytest.raises(BrokenState, match=r"down\.sql is missing"):
        await status(target)


async def test_three_runners_at_once_apply_each_step_once(target: MigrationTarget) -> None:
    outcomes = await asyncio.gather(*(up(target) for _ in range(3)))
    assert sorted(len(outcome.applied) for outcome in outcomes) == [0, 0, 3]
    assert (await status(target)).state is MigrationState.CURRENT


async def test_runner_waits_for_another_one_only_so_long(target: MigrationTarget) -> None:
    async with target.connect(create=True) as first, target.connect(create=True) as second:
        assert first is not None
        assert second is not None
        async with first.locked(wait_seconds=0):
            with pytest.raises(Conflict) as refused:
                async with second.locked(wait_seconds=0.3):
                    pass
        assert refused.value.exit_code == 9
        async with second.locked(wait_seconds=0):
            pass


async def test_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    await up(MigrationTarget.from_url(f"sqlite:///{tmp_path / 'synctv.db'}"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}  # noqa: ASYNC240
    assert modes == {"synctv.db": 0o600, "synctv.db.migrate.lock": 0o600}


async def test_copy_that_cannot_be_made_stops_the_migration(tmp_path: Path, folder: Path) -> None:
    target = dataclasses.replace(
        MigrationTarget.from_url(f"sqlite:///{tmp_path / 'synctv.db'}"), folder=folder
    )
    await up(target, steps=1)
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(Unavailable, match="no copy"):
        await up(target)
    assert (await status(target)).current == "0001"


async def test_sqlite_is_copied_before_existing_data_is_touched(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "synctv.db"
    target = dataclasses.replace(MigrationTarget.from_url(f"sqlite:///{path}"), folder=folder)
    assert (await up(target, steps=1)).backup is None
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO notes VALUES (7)")
    connection.close()

    outcome = await up(target)

    assert outcome.backup is not None
    assert outcome.backup.parent == tmp_path / "backups"
    assert outcome.backup.stat().st_mode & 0o777 == 0o600
    copy = sqlite3.connect(outcome.backup)
    assert copy.execute("SELECT * FROM notes").fetchall() == [(7,)]
    assert copy.execute("SELECT version FROM schema_migrations").fetchall() == [(1,)]
    copy.close()
    assert (await up(target)).backup is None
    assert (await down(dataclasses.replace(target, takes_backup=False))).backup is None
    assert (await down(target)).backup is not None


async def test_newer_sqlite_names_the_copy_from_before(tmp_path: Path, folder: Path) -> None:
    target = dataclasses.replace(
        MigrationTarget.from_url(f"sqlite:///{tmp_path / 'synctv.db'}"), folder=folder
    )
    await up(target, steps=1)
    copy = (await up(target)).backup
    forget(folder, "0003_more")
    with pytest.raises(IncompatibleVersion) as refused:
        await up(target)
    assert refused.value.hint is not None
    assert str(copy) in refused.value.hint


async def test_rebuilt_table_does_not_delete_what_refers_to_it(tmp_path: Path, folder: Path) -> None:
    """The twelve steps of SQLite's manual: with references enforced, DROP TABLE would cascade."""
    target = dataclasses.replace(
        MigrationTarget.from_url(f"sqlite:///{tmp_path / 'synctv.db'}"), folder=folder
    )
    children = (
        "CREATE TABLE children (note BIGINT NOT NULL REFERENCES notes (id) ON DELETE CASCADE);\n"
        "INSERT INTO notes (id) VALUES (1);\nINSERT INTO children VALUES (1);"
    )
    rebuild = (
        "CREATE TABLE new_notes (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL);\n"
        "INSERT INTO new_notes SELECT id, '' FROM notes;\n"
        "DROP TABLE notes;\nALTER TABLE new_notes RENAME TO notes;"
    )
    write(folder, "0003_more", children, "DROP TABLE children;")
    write(folder, "0004_rebuild", rebuild, "")
    write(folder, "0005_orphan", "DELETE FROM notes;", "")
    with pytest.raises(BrokenState, match="children"):
        await up(target)
    assert (await status(target)).current == "0004"
    async with target.connect(create=False) as session:
        assert session is not None
        assert len(await session.execute("SELECT * FROM children")) == 1


async def test_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await up(MigrationTarget.from_url(f"sqlite:///{tmp_path / 'none' / 'synctv.db'}"))


def test_files_are_found_in_an_installed_package_too(tmp_path: Path) -> None:
    """As in the wheel: `migrations` inside the package, and no checkout around it."""
    checkout = Path(synctv_server.__file__).parent
    shutil.copytree(
        checkout, tmp_path / "synctv_server", ignore=shutil.ignore_patterns("dist", "__pycache__")
    )
    shutil.copytree(files.folder(), tmp_path / "synctv_server" / "migrations")
    found = subprocess.run(
        [sys.executable, "-c", _FIND], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    folder, number = found.stdout.split()
    assert Path(folder) == tmp_path / "synctv_server" / "migrations"
    assert int(number) == len(files.load(files.folder(), "sqlite"))


_FIND = """
from synctv_server.upkeep.migrate import files
print(files.folder(), len(files.load(files.folder(), "postgres")))
"""


def test_every_file_has_its_twin_and_its_way_back() -> None:
    names = {path.name for path in files.folder().iterdir() if path.suffix == ".sql"}
    stems = {name.split(".")[0] for name in names}
    assert names == {
        f"{stem}.{kind}.{way}.sql"
        for stem in stems
        for kind in ("sqlite", "postgres")
        for way in ("up", "down")
    }
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", stem) for stem in stems)
