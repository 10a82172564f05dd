"""A backup holds one moment of the database, of either kind, and any change to the file is found."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import zipfile
from pathlib import Path

import pytest

from synctv_server.domain.errors import (
    BrokenState,
    Conflict,
    IncompatibleVersion,
    Invalid,
    NotFound,
    SyncTVError,
)
from synctv_server.store import open_database
from synctv_server.upkeep.backup import creating, files, shelf
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.creating import Backup
from synctv_server.upkeep.backup.exchange import Exchange, complete
from synctv_server.upkeep.backup.installed import Installed
from synctv_server.upkeep.backup.restoring import Site, restore
from synctv_server.upkeep.backup.verifying import verify
from synctv_server.upkeep.migrate import MigrationTarget, down, status, up
from tests.store.furnished import MASTER, PASSPHRASE, contents, furnish, installed
from tests.support import databases
from tests.support.processes import killed_after


@pytest.fixture
async def here(url: str, tmp_path: Path) -> Installed:
    """An installation with something in it."""
    await furnish(url)
    return installed(url, tmp_path / "data")


@pytest.fixture
async def backup(here: Installed) -> Backup:
    return await creating.create(here)


async def restored(backup: Backup, kind: str, folder: Path) -> MigrationTarget:
    """The backup in another place, on a database of this kind."""
    files.make_folder(folder)
    target = MigrationTarget.from_url(await databases.empty(kind, folder))
    with Archive.open(backup.path) as archive:
        await restore(archive, Site(folder, folder / "synctv.toml", target, {"keys.master": MASTER}))
    return target


@pytest.mark.parametrize("other", ["sqlite", "postgres"])
async def test_every_row_is_the_same_elsewhere_on_either_database(
    here: Installed, backup: Backup, other: str, tmp_path: Path
) -> None:
    target = await restored(backup, other, tmp_path / "elsewhere")
    assert await contents(target) == await contents(here.target)
    assert (tmp_path / "elsewhere/synctv.toml").read_text() == (here.data_dir / "synctv.toml").read_text()
    assert (tmp_path / "elsewhere/keys/keys-master").read_text().strip() == MASTER
    assert (tmp_path / "elsewhere/keys/keys-master").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "elsewhere/audit-head.json").read_text())["count"] == 0
    assert not list((tmp_path / "elsewhere").rglob(".*"))


async def test_backup_is_for_its_owner_and_says_what_it_is(here: Installed, backup: Backup) -> None:
    assert backup.path.parent == here.data_dir / "backups"
    assert backup.path.stat().st_mode & 0o777 == 0o600
    assert backup.path.stat().st_size == backup.size_bytes
    assert backup.manifest.counts["users"] == 6
    assert backup.manifest.counts["messages"] == 20
    assert [kept.path for kept in shelf.list_backups(here.data_dir / "backups")] == [backup.path]
    with zipfile.ZipFile(backup.path) as opened:
        assert opened.testzip() is None
        assert "secrets" not in opened.namelist()


async def test_good_backup_is_found_good(backup: Backup) -> None:
    found = await verify(backup.path)
    assert (found.ok, found.problem, found.keys) == (True, None, "absent")
    assert found.manifest == backup.manifest


async def test_any_flipped_bit_is_found(backup: Backup, tmp_path: Path) -> None:
    whole = backup.path.read_bytes()
    rng = random.Random(7)
    places = {0, 1, len(whole) - 1, len(whole) - 64, len(whole) - 65, *rng.sample(range(len(whole)), 250)}
    spoiled = tmp_path / "spoiled.zip"
    for place in places:
        spoiled.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :]
        )
        found = await verify(spoiled)
        assert not found.ok, place


@pytest.mark.parametrize("length", [0, 1, 86, 87, 500])
async def test_file_that_is_cut_off_or_none_is_found(backup: Backup, tmp_path: Path, length: int) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(backup.path.read_bytes()[:length])
    assert not (await verify(cut)).ok
    with pytest.raises(NotFound):
        await verify(tmp_path / "none.zip")


async def test_part_that_does_not_fit_its_manifest_is_found(here: Installed, backup: Backup) -> None:
    """Somebody who repairs the SHA-256 of the whole has to repair every part too: rows that are gone are missed."""
    with pytest.raises(BrokenState, match="manifest"), Archive.open(forged(backup, here.data_dir)):
        pass


def forged(backup: Backup, folder: Path) -> Path:
    """The same backup with a message less, sealed anew."""
    from synctv_server.upkeep.backup.archive import ArchiveWriter

    path = folder / "forged.zip"
    with zipfile.ZipFile(backup.path) as real, ArchiveWriter(path) as writer:
        for name in backup.manifest.parts:
            content = real.read(name)
            if name == "database/messages.jsonl":
                content = content[: content.rstrip().rindex(b"\n") + 1]
            writer.add(name, content)
        writer.finish(backup.manifest)
    return path


async def test_secrets_open_with_their_passphrase_alone(here: Installed) -> None:
    made = await creating.create(here, secret=PASSPHRASE)
    content = made.path.read_bytes()
    assert MASTER.encode() not in content
    assert PASSPHRASE.encode() not in content
    with pytest.raises(Invalid, match="not the passphrase"):
        await verify(made.path, secret=f"{PASSPHRASE}!")
    assert (await verify(made.path)).keys == "wrapped"


async def test_damage_comes_before_the_passphrase(here: Installed) -> None:
    made = await creating.create(here, secret=PASSPHRASE)
    content = bytearray(made.path.read_bytes())
    content[100] ^= 1
    made.path.write_bytes(content)
    found = await verify(made.path, secret="another passphrase")
    assert not found.ok


async def test_short_passphrase_and_a_file_that_is_there_are_refused(here: Installed, backup: Backup) -> None:
    with pytest.raises(Invalid, match="at least 8"):
        await creating.create(here, secret="short")
    with pytest.raises(Conflict):
        await creating.create(here, backup.path)
    assert [path.name for path in backup.path.parent.iterdir()] == [backup.path.name]


async def test_backup_of_an_older_schema_is_brought_up(url: str, here: Installed, tmp_path: Path) -> None:
    newest = (await up(here.target)).applied
    assert newest == ()
    await down(here.target, to="0006")
    old = await creating.create(here, tmp_path / "old.zip")
    assert old.manifest.schema == "0006"
    assert (await verify(old.path)).ok
    target = await restored(old, here.target.kind, tmp_path / "elsewhere")
    await up(here.target)
    assert await contents(target) == await contents(here.target)


async def test_backup_of_a_newer_schema_is_refused(backup: Backup, tmp_path: Path) -> None:
    from dataclasses import replace

    from synctv_server.upkeep.backup.archive import ArchiveWriter

    path = tmp_path / "newer.zip"
    with ArchiveWriter(path) as writer:
        writer.finish(replace(backup.manifest, schema="9999", parts={}))
    with pytest.raises(IncompatibleVersion, match="9999"):
        await verify(path)


async def test_database_in_the_middle_of_something_is_not_saved(here: Installed) -> None:
    async with here.target.connect(create=False) as session:
        assert session is not None
        await session.execute("UPDATE schema_migrations SET state = 'applying' WHERE version = 1")
    with pytest.raises(BrokenState, match="cut off"):
        await creating.create(here)
    assert list((here.data_dir / "backups").iterdir()) == []


async def test_backup_is_of_one_moment_while_others_write(url: str, here: Installed) -> None:
    """Two tables are changed together all the time; no backup sees the one without the other."""
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        async with open_database(url) as database:
            while not stop.is_set():
                count += 1
                async with database.transaction():
                    await database.fetch("UPDATE users SET version = {}", count)
                    await database.fetch("UPDATE rooms SET description = {}", str(count))
        return count

    writing = asyncio.create_task(write())
    versions = set()
    for n in range(5):
        made = await creating.create(here, here.data_dir / f"{n}.zip")
        with zipfile.ZipFile(made.path) as opened:
            users = table(opened, "users")
            [room] = table(opened, "rooms")
        assert {str(user["version"]) for user in users} == {room["description"]} or n == 0
        versions.add(room["description"])
    stop.set()
    assert await writing > 5
    assert len(versions) > 1


RESTORE = """
import asyncio, sys
from pathlib import Path
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.restoring import Site, restore
from synctv_server.upkeep.migrate import MigrationTarget

backup, url, folder = sys.argv[1:]
site = Site(Path(folder), Path(folder, "synctv.toml"), MigrationTarget.from_url(url), {})
print("ready", flush=True)
with Archive.open(Path(backup)) as archive:
    asyncio.run(restore(archive, site))
"""


async def test_restore_killed_at_any_moment_has_all_rows_or_none(
    here: Installed, backup: Backup, kind: str, tmp_path: Path
) -> None:
    wanted = await contents(here.target)
    seconds = 0.0
    for seed in range(6):
        folder = tmp_path / str(seed)
        files.make_folder(folder)
        url = await databases.empty(kind, folder)
        after = random.Random(seed).uniform(0, seconds) if seed else None
        seconds = max(seconds, await kill_restore(backup, url, folder, after))
        complete(folder)  # as whoever takes the lock next does
        target = MigrationTarget.from_url(url)
        if (await status(target)).applied:
            assert await contents(target) == wanted


async def kill_restore(backup: Backup, url: str, folder: Path, after: float | None) -> float:
    """Restore in a process of its own, killed after so many seconds; how long it worked."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RESTORE, str(backup.path), url, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    if not await killed_after(after, process):
        assert process.returncode == 0
    return time.monotonic() - began


def table(opened: zipfile.ZipFile, name: str) -> list[dict[str, object]]:
    head, *lines = opened.read(f"database/{name}.jsonl").splitlines()
    return [dict(zip(json.loads(head), json.loads(line), strict=True)) for line in lines]


async def test_old_ones_are_surplus_by_kind(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"synctv-202611{day:02}T000000.000Z.zip").touch()
        (tmp_path / f"before-202611{day:02}T000000.000000Z-at-0003.db").touch()
    (tmp_path / "mine.zip").touch()
    assert [kept.path.name[:15] for kept in shelf.surplus(tmp_path, 3)] == [
        "synctv-20261102",
        "synctv-20261101",
        "before-20261102",
        "before-20261101",
    ]
    shelf.remove(shelf.surplus(tmp_path, 3))
    assert len(shelf.list_backups(tmp_path)) == 6
    assert (tmp_path / "mine.zip").exists()


def test_exchange_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    """As after a SIGKILL between two renames: the journal is there, one file is in its place, one is not."""
    one, two = tmp_path / "one", tmp_path / "two"
    two.write_text("old")
    with Exchange(tmp_path) as exchange:
        exchange.stage(one).write_text("new one")
        exchange.stage(two, aside=tmp_path / "two.before").write_text("new two")
        (tmp_path / "two.before").mkdir()  # in the way: the second rename fails
        with pytest.raises(SyncTVError):
            exchange.commit()
    assert (one.read_text(), two.read_text()) == ("new one", "old")
    (tmp_path / "two.before").rmdir()
    assert complete(tmp_path)
    assert (one.read_text(), two.read_text()) == ("new one", "new two")
    assert (tmp_path / "two.before").read_text() == "old"
    assert not complete(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two", "two.before"]


def test_exchange_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with Exchange(tmp_path) as exchange:
        exchange.stage(tmp_path / "one").write_text("new")
    assert list(tmp_path.iterdir()) == []
