"""`synctv backup …` as a person or a script meets it; what a backup holds is tested in tests/store."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from pathlib import Path

import asyncpg
import pytest

from synctv_server.config.secrets import secret_file
from synctv_server.config.settings import reference
from synctv_server.supervisor.lock import InstallationLock
from tests.cli.conftest import Answer, Synctv
from tests.support import postgres

PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with an account, made once."""
    synctv = Synctv(tmp_path_factory.mktemp("made") / "data")
    assert synctv("init", "--yes").code == 0
    assert synctv.piped("violet harbour clock\n", "user", "create", "ann", "--password-stdin").code == 0
    return synctv.data_dir


@pytest.fixture
def ours(synctv: Synctv, made: Path) -> Synctv:
    """That installation, to do with as one likes."""
    shutil.copytree(made, synctv.data_dir)
    return synctv


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    return private(tmp_path / "passphrase", PASSPHRASE)


def private(path: Path, text: str) -> str:
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


def create(synctv: Synctv, *words: str) -> Path:
    answer = synctv("backup", "create", "--json", *words)
    assert answer.code == 0, answer
    return Path(answer.result["path"])


def restore(synctv: Synctv, file: Path, *words: str) -> Answer:
    return synctv("backup", "restore", str(file), "--yes", "--json", *words)


def test_created_listed_and_verified(ours: Synctv, passphrase: str) -> None:
    answer = ours("backup", "create", "--passphrase-file", passphrase, "--json")
    assert answer.code == 0
    path = Path(answer.result["path"])
    assert path.parent == ours.data_dir / "backups"
    assert answer.result["size_bytes"] == path.stat().st_size
    [item] = ours("backup", "list", "--json").result["items"]
    assert (item["path"], item["kind"], item["keys"]) == (str(path), "backup", True)
    verified = ours("backup", "verify", str(path), "--passphrase-file", passphrase, "--json")
    assert verified.code == 0
    assert (verified.result["ok"], verified.result["database"]) == (True, "sqlite")
    assert verified.result["counts"]["users"] == 1
    assert verified.result["keys"] == "opened"


def test_verify_needs_no_installation(ours: Synctv, tmp_path: Path) -> None:
    path = create(ours, "--output", str(tmp_path / "own.zip"))
    shutil.rmtree(ours.data_dir)
    answer = ours("backup", "verify", str(path))
    assert answer.code == 0
    assert "good" in answer.out
    assert not ours.data_dir.exists()


def test_flipped_byte_is_exit_4_and_nothing_is_restored(ours: Synctv, tmp_path: Path) -> None:
    path = create(ours)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    verified = ours("backup", "verify", str(path), "--json")
    assert verified.code == 4
    assert verified.result["ok"] is False
    assert "SHA-256" in verified.result["problem"]
    elsewhere = Synctv(tmp_path / "elsewhere")
    answer = restore(elsewhere, path)
    assert answer.code == 4
    assert answer.error["code"] == "broken_state"
    assert not elsewhere.data_dir.exists()


def test_wrong_passphrase_is_exit_2_and_nothing_is_restored(
    ours: Synctv, passphrase: str, tmp_path: Path
) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    wrong = private(tmp_path / "wrong", "another one altogether")
    assert ours("backup", "verify", str(path), "--passphrase-file", wrong).code == 2
    elsewhere = Synctv(tmp_path / "elsewhere")
    answer = restore(elsewhere, path, "--passphrase-file", wrong)
    assert (answer.code, answer.error["code"]) == (2, "backup.passphrase")
    assert not elsewhere.data_dir.exists()
    unasked = restore(elsewhere, path)
    assert unasked.code == 2
    assert "--passphrase-file" in unasked.error["hint"]


def test_restored_elsewhere_it_is_the_same_installation(
    ours: Synctv, passphrase: str, tmp_path: Path
) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    elsewhere = Synctv(tmp_path / "elsewhere")
    answer = restore(elsewhere, path, "--passphrase-file", passphrase)
    assert answer.code == 0
    assert answer.result["data_dir"] == str(elsewhere.data_dir)
    assert answer.result["restored"]["users"] == 1
    assert answer.result["keys_problem"] is None
    assert elsewhere("user", "show", "ann", "--json").result == ours("user", "show", "ann", "--json").result
    assert elsewhere("keys", "list", "--json").result == ours("keys", "list", "--json").result
    log = elsewhere("audit", "log", "list", "--json").result["entries"]
    assert log[0]["action"] == "backup.restored"
    assert elsewhere("audit", "log", "verify").code == 0


def test_backup_without_passphrase_wants_the_master_key(ours: Synctv, tmp_path: Path) -> None:
    path = create(ours)
    elsewhere = Synctv(tmp_path / "elsewhere")
    answer = restore(elsewhere, path)
    assert answer.code == 0
    assert "keys.master" in answer.result["keys_problem"]
    assert elsewhere("init").code == 5
    shutil.copy2(ours.data_dir / "keys/keys-master", elsewhere.data_dir / "keys/keys-master")
    assert elsewhere("user", "show", "ann").code == 0


def test_master_key_of_this_machine_is_not_overwritten(ours: Synctv, passphrase: str, tmp_path: Path) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    given = private(tmp_path / "given", (ours.data_dir / "keys/keys-master").read_text().strip())
    elsewhere = Synctv(tmp_path / "elsewhere")
    elsewhere.environ["SYNCTV__KEYS__MASTER_FILE"] = given
    answer = restore(elsewhere, path, "--passphrase-file", passphrase)
    assert (answer.code, answer.result["keys_problem"]) == (0, None)
    assert not (elsewhere.data_dir / "keys/keys-master").exists()


def test_restore_over_an_installation_is_refused_and_replace_saves_it_first(
    ours: Synctv, passphrase: str
) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    ours.piped("violet harbour clock\n", "user", "create", "ben", "--password-stdin")
    refused = restore(ours, path, "--passphrase-file", passphrase)
    assert (refused.code, refused.error["code"]) == (9, "conflict.not_empty")
    assert "--replace" in refused.error["hint"]
    assert ours("user", "show", "ben").code == 0
    answer = restore(ours, path, "--passphrase-file", passphrase, "--replace")
    assert answer.code == 0
    assert ours("user", "show", "ben").code == 8
    assert ours("user", "show", "ann").code == 0
    again = restore(ours, Path(answer.result["before"]), "--replace")
    assert again.code == 0, again
    assert ours("user", "show", "ben").code == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_dry_run_of_a_restore_tells_what_it_would_replace_and_changes_nothing(
    ours: Synctv, passphrase: str, tmp_path: Path
) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    words = ("--passphrase-file", passphrase, "--dry-run")
    elsewhere = Synctv(tmp_path / "elsewhere")
    planned = restore(elsewhere, path, *words)
    assert planned.code == 0, planned
    assert (planned.result["counts"]["users"], planned.result["replaces"]) == (1, [])
    assert (planned.result["keys"], planned.result["restored"]) == ("opened", {})
    assert not elsewhere.data_dir.exists()
    assert restore(ours, path, *words).error["code"] == "conflict.not_empty"
    before = contents(ours.data_dir)
    there = restore(ours, path, *words, "--replace").result["replaces"]
    assert {str(ours.data_dir / "synctv.toml"), "the database"} <= set(there)
    assert contents(ours.data_dir) == before


def test_dry_run_of_a_restore_refuses_what_the_restore_would_refuse(
    ours: Synctv, passphrase: str, tmp_path: Path
) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    wrong = private(tmp_path / "wrong", "battery horse correct")
    elsewhere = Synctv(tmp_path / "elsewhere")
    assert restore(elsewhere, path, "--passphrase-file", wrong, "--dry-run").code == 2
    server = InstallationLock(ours.data_dir)
    assert server.take_now("serve")
    beside = restore(ours, path, "--passphrase-file", passphrase, "--dry-run", "--replace")
    server.release()
    assert (beside.code, beside.error["code"]) == (9, "conflict.server_running")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert restore(elsewhere, path, "--passphrase-file", passphrase, "--dry-run").code == 4
    assert not elsewhere.data_dir.exists()


def test_damaged_database_is_set_aside_by_replace(ours: Synctv, passphrase: str) -> None:
    path = create(ours, "--passphrase-file", passphrase)
    (ours.data_dir / "synctv.db").write_bytes(b"no database at all" * 1_000)
    for ending in ("-wal", "-shm"):
        (ours.data_dir / f"synctv.db{ending}").unlink(missing_ok=True)
    answer = restore(ours, path, "--passphrase-file", passphrase, "--replace")
    assert answer.code == 0, answer
    assert answer.result["before"] is None
    assert ours("user", "show", "ann").code == 0
    [aside] = ours.data_dir.glob("synctv.db.before-*")
    assert aside.read_bytes().startswith(b"no database")


def test_restore_asks_and_never_beside_a_server(ours: Synctv, passphrase: str) -> None:
    path = create(ours)
    answer = ours("backup", "restore", str(path), "--replace", typed="n\n")
    assert answer.code == 2
    assert "takes the place" in answer.err
    assert ours("backup", "restore", str(path), "--replace", "--json").code == 2
    server = InstallationLock(ours.data_dir)
    assert server.take_now("serve")
    beside = restore(ours, path, "--replace")
    server.release()
    assert (beside.code, beside.error["code"]) == (9, "conflict.server_running")


def test_prune_keeps_the_newest_and_asks(ours: Synctv) -> None:
    paths = [create(ours) for _ in range(3)]
    planned = ours("backup", "prune", "--keep", "1", "--dry-run", "--json")
    assert [item["path"] for item in planned.result["surplus"]] == [str(paths[1]), str(paths[0])]
    assert ours("backup", "prune", "--keep", "1", "--json").code == 2
    pruned = ours("backup", "prune", "--keep", "1", "--yes", "--json")
    assert len(pruned.result["removed"]) == 2
    assert [path.exists() for path in paths] == [False, False, True]
    assert ours("backup", "prune", "--yes").out == "Nothing to remove.\n"


def test_what_is_not_there_is_said(synctv: Synctv, tmp_path: Path) -> None:
    assert synctv("backup", "create").code == 8
    assert synctv("backup", "verify", str(tmp_path / "none.zip")).code == 8
    synctv.data_dir.mkdir()
    answer = synctv("backup", "create", "--json")
    assert answer.code == 8
    assert "no database" in answer.error["message"]
    assert synctv("backup", "list").err == "There are no backups.\n"
    assert synctv("backup", "create", "--passphrase-file", str(tmp_path / "none"), "--json").code == 2


def test_place_that_may_not_be_written_or_is_taken(ours: Synctv, tmp_path: Path) -> None:
    path = create(ours, "--output", str(tmp_path / "one.zip"))
    taken = ours("backup", "create", "--output", str(path), "--json")
    assert (taken.code, taken.error["code"]) == (9, "backup.exists")
    nowhere = ours("backup", "create", "--output", str(tmp_path / "none" / "two.zip"), "--json")
    assert nowhere.code == 6
    assert "no such file" in nowhere.error["message"]


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_no_secret_is_in_what_is_said_nor_open_in_the_file(
    ours: Synctv, passphrase: str, tmp_path: Path, is_wrapped: bool
) -> None:
    """A canary in every secret setting, half of them in the data directory and half elsewhere."""
    canaries = {(ours.data_dir / "keys/keys-master").read_text().strip(), PASSPHRASE}
    for n, setting in enumerate(setting for setting in reference() if setting.is_secret):
        if setting.name in {"keys.master", "keys.master_previous", "database.password"}:
            continue
        canary = f"canary-{n}-of-{setting.key}-0123456789abcdef"
        canaries.add(canary)
        if n % 2:
            private(secret_file(ours.data_dir, setting.name), canary)
        else:
            ours.environ[setting.environment] = private(tmp_path / setting.name, canary)
    words = ("--passphrase-file", passphrase) if is_wrapped else ()
    made = ours("--verbose", "backup", "create", *words, "--json")
    path = Path(made.result["path"])
    said = "".join(
        answer.out + answer.err
        for answer in (
            made,
            ours("backup", "list", "--json"),
            ours("--verbose", "backup", "verify", str(path)),
        )
    )
    with zipfile.ZipFile(path) as opened:
        parts = [opened.read(name) for name in opened.namelist()]
        assert ("secrets" in opened.namelist()) is is_wrapped
    assert len(canaries) > 2
    for canary in canaries:
        assert canary not in said
        assert not any(canary.encode() in part for part in parts)


async def test_postgres_is_replaced_in_one_go_and_fits_sqlite_too(
    synctv: Synctv, passphrase: str, tmp_path: Path
) -> None:
    """What somebody else keeps in the same schema is neither saved nor touched."""
    url = await postgres.fresh_database(postgres.server())
    synctv.environ["SYNCTV__DATABASE__URL"] = url
    await asyncio.to_thread(synctv, "init", "--yes")
    await asyncio.to_thread(create_user, synctv, "ann")
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE others (value JSONB); INSERT INTO others VALUES ('{}')")
    path = await asyncio.to_thread(create, synctv, "--passphrase-file", passphrase)
    await asyncio.to_thread(create_user, synctv, "ben")
    words = ("--passphrase-file", passphrase)
    assert (await asyncio.to_thread(restore, synctv, path, *words)).code == 9
    replaced = await asyncio.to_thread(restore, synctv, path, *words, "--replace")
    assert replaced.code == 0, replaced
    assert replaced.result["database"] == "postgres"
    assert (await asyncio.to_thread(synctv, "user", "show", "ben")).code == 8
    assert (await asyncio.to_thread(synctv, "user", "show", "ann")).code == 0
    assert (await asyncio.to_thread(synctv, "audit", "log", "verify")).code == 0
    assert await connection.fetchval("SELECT COUNT(*) FROM others") == 1
    await connection.close()
    elsewhere = Synctv(tmp_path / "elsewhere")
    restored = await asyncio.to_thread(restore, elsewhere, path, *words)
    assert restored.result["database"] == "sqlite"
    assert (await asyncio.to_thread(elsewhere, "user", "show", "ann")).code == 0


def create_user(synctv: Synctv, name: str) -> None:
    assert synctv.piped("violet harbour clock\n", "user", "create", name, "--password-stdin").code == 0
