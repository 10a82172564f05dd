"""`synctv migrate …` on SQLite; the runner itself is tested in tests/store."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from synctv_server.supervisor.lock import InstallationLock, held
from synctv_server.upkeep.backup.verifying import verify
from tests.cli.conftest import Answer, Synctv
from tests.support import postgres


@pytest.fixture
def empty(synctv: Synctv) -> Synctv:
    synctv.data_dir.mkdir()
    return synctv


def test_status_of_an_empty_database_is_pending_and_exit_3(empty: Synctv) -> None:
    answer = empty("migrate", "status", "--json")
    assert answer.code == 3
    assert answer.result["state"] == "pending"
    assert answer.result["current"] is None
    assert answer.result["applied"] == []
    assert answer.result["pending"][0]["id"] == "0001"
    assert "synctv migrate up" in empty("migrate", "status").out


def test_up_and_down_go_where_they_are_told(empty: Synctv) -> None:
    up = empty("migrate", "up", "--json")
    assert up.code == 0
    latest = up.result["applied"][-1]["id"]
    assert empty("migrate", "status", "--json").result["state"] == "current"
    down = empty("migrate", "down", "--to", "0001", "--yes", "--json")
    assert down.code == 0
    assert [each["direction"] for each in down.result["applied"]] == ["down"] * (int(latest) - 1)
    assert Path(down.result["backup"]).is_file()
    status = empty("migrate", "status", "--json")
    assert status.code == 3
    assert status.result["current"] == "0001"


def test_up_tells_its_progress_on_stderr(empty: Synctv) -> None:
    answer = empty("migrate", "up")
    assert "applied 0001_" in answer.err
    assert "applied" not in answer.out
    assert empty("migrate", "up").out == "The database is current; nothing to apply.\n"


def test_dry_run_changes_nothing(empty: Synctv) -> None:
    answer = empty("migrate", "up", "--dry-run", "--json")
    assert answer.result["applied"] == []
    assert answer.result["steps"][0]["direction"] == "up"
    assert empty("migrate", "status").code == 3


def test_plan_shows_the_sql_of_both_ways(empty: Synctv) -> None:
    up = empty("migrate", "plan", "--to", "0002", "--json")
    assert up.code == 0
    assert [(step["id"], step["direction"]) for step in up.result["steps"]] == [
        ("0001", "up"),
        ("0002", "up"),
    ]
    assert "CREATE TABLE users" in up.result["steps"][0]["sql"]
    assert "CREATE TABLE users" in empty("migrate", "plan").out
    assert empty("migrate", "plan", "down").out == "Nothing to do.\n"
    empty("migrate", "up", "--to", "0002")
    down = empty("migrate", "plan", "down", "--steps", "1")
    assert down.code == 0
    assert down.out.startswith("-- down 0002_keys (1 of 1)\n")
    assert "DROP TABLE keys" in down.out
    assert empty("migrate", "status", "--json").result["current"] == "0002"


def test_verify_tells_current_pending_and_touched(empty: Synctv) -> None:
    assert empty("migrate", "verify").code == 3
    empty("migrate", "up")
    answer = empty("migrate", "verify", "--json")
    assert answer.code == 0
    assert answer.result["state"] == "current"
    assert answer.result["differences"] == []
    with closing(sqlite3.connect(empty.data_dir / "synctv.db")) as connection:
        connection.execute("CREATE INDEX planted ON users (status)")
    touched = empty("migrate", "verify", "--json")
    assert touched.code == 4
    assert touched.result["differences"] == [
        {
            "object": "index",
            "name": "planted",
            "found": "CREATE INDEX planted ON users (status)",
            "expected": None,
        }
    ]
    assert "index planted" in empty("migrate", "verify").out


def test_new_migration_wants_a_name(synctv: Synctv) -> None:
    answer = synctv("migrate", "new", "With-Dash", "--json")
    assert answer.code == 2
    assert "chat_reactions" in answer.error["message"]


async def test_postgres_is_backed_up_before_it_is_touched(empty: Synctv) -> None:
    empty.environ["SYNCTV__DATABASE__URL"] = await postgres.fresh_database(postgres.server())

    def command(*words: str) -> Answer:
        return empty("migrate", *words, "--json")

    first = await asyncio.to_thread(command, "up", "--to", "0003")
    assert "backup" not in first.result
    second = await asyncio.to_thread(command, "up")
    assert second.code == 0
    found = await verify(Path(second.result["backup"]))
    assert (found.ok, found.manifest and found.manifest.schema) == (True, "0003")
    third = await asyncio.to_thread(command, "down", "--no-backup", "--yes")
    assert (third.code, "backup" in third.result) == (0, False)


def test_down_asks_and_no_is_no(empty: Synctv) -> None:
    empty("migrate", "up")
    answer = empty("migrate", "down", typed="n\n")
    assert answer.code == 2
    assert "Undo migrations?" in answer.err
    assert empty("migrate", "status").code == 0


def test_down_without_a_terminal_names_the_flag(empty: Synctv) -> None:
    empty("migrate", "up")
    answer = empty("migrate", "down", "--json")
    assert answer.code == 2
    assert "--yes" in answer.error["hint"]


def test_down_beside_a_server_is_a_conflict(empty: Synctv) -> None:
    empty("migrate", "up")
    server = InstallationLock(empty.data_dir)
    assert server.take_now("serve")
    answer = empty("migrate", "down", "--yes", "--json")
    server.release()
    assert answer.code == 9
    assert answer.error["code"] == "conflict.server_running"
    assert empty("migrate", "status").code == 0


def test_an_unknown_migration_is_exit_2(empty: Synctv) -> None:
    answer = empty("migrate", "up", "--to", "9999", "--json")
    assert answer.code == 2
    assert "9999" in answer.error["message"]


def test_the_lock_is_waited_for_while_another_command_has_it(tmp_path: Path) -> None:
    async def two_commands() -> list[str]:
        order: list[str] = []
        async with held(tmp_path, "init"):
            other = asyncio.create_task(second(order))
            await asyncio.sleep(0)
            order.append("first")
        await other
        return order

    async def second(order: list[str]) -> None:
        async with held(tmp_path, "user"):
            order.append("second")

    assert asyncio.run(two_commands()) == ["first", "second"]
