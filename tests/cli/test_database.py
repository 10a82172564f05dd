"""`synctv database move` as a person meets it; what arrives is tested in tests/store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from synctv_server.supervisor.lock import InstallationLock
from tests.cli.conftest import Answer, Synctv
from tests.support import postgres


@pytest.fixture
def ours(synctv: Synctv) -> Synctv:
    """An installation with an account, on SQLite."""
    assert synctv("init", "--yes").code == 0
    assert synctv.piped("violet harbour clock\n", "user", "create", "ann", "--password-stdin").code == 0
    return synctv


@pytest.fixture
async def url() -> str:
    """An empty PostgreSQL database."""
    return await postgres.fresh_database(postgres.server())


async def on(synctv: Synctv, url: str, *words: str) -> Answer:
    """A command of the same installation on another database."""
    return await asyncio.to_thread(synctv, *words, "--json", environ={"SYNCTV__DATABASE__URL": url})


async def test_moved_to_postgres_it_is_the_same_installation_and_the_old_one_too(
    ours: Synctv, url: str
) -> None:
    planned = await asyncio.to_thread(ours, "database", "move", "--to", url, "--dry-run", "--json")
    assert planned.code == 0
    assert planned.result["counts"]["users"] == 1
    moved = await asyncio.to_thread(ours, "database", "move", "--to", url, "--yes", "--json")
    assert moved.code == 0, moved
    assert (moved.result["from"], moved.result["to"]) == ("sqlite", "postgres")
    assert moved.result["counts"]["users"] == 1
    for command in (("user", "show", "ann"), ("keys", "list")):
        there = await on(ours, url, *command)
        here = await asyncio.to_thread(ours, *command, "--json")
        assert there.result == here.result
    log = (await on(ours, url, "audit", "log", "list")).result["entries"]
    assert log[0]["action"] == "database.moved"
    assert (await on(ours, url, "audit", "log", "verify")).code == 0
    assert (await asyncio.to_thread(ours, "audit", "log", "verify")).code == 0
    again = await asyncio.to_thread(ours, "database", "move", "--to", url, "--yes", "--json")
    assert (again.code, again.error["code"]) == (9, "conflict.not_empty")


def test_move_asks_refuses_passwords_in_the_url_and_a_running_server(ours: Synctv, tmp_path: Path) -> None:
    to = f"sqlite:///{tmp_path / 'other.db'}"
    assert ours("database", "move", "--to", to, "--json").code == 2
    seen = ours("database", "move", "--to", "postgresql://ann:hunter2@localhost/x", "--yes", "--json")
    assert seen.code == 2
    assert "--password-file" in seen.error["message"]
    assert "hunter2" not in seen.out + seen.err
    server = InstallationLock(ours.data_dir)
    assert server.take_now("serve")
    beside = ours("database", "move", "--to", to, "--yes", "--json")
    server.release()
    assert (beside.code, beside.error["code"]) == (9, "conflict.server_running")
    assert not (tmp_path / "other.db").exists()


def test_relative_path_stands_in_the_data_directory(ours: Synctv) -> None:
    assert ours("database", "move", "--to", "sqlite:///second.db", "--yes").code == 0
    assert (ours.data_dir / "second.db").is_file()
    listed = ours("user", "list", "--json", environ={"SYNCTV__DATABASE__URL": "sqlite:///second.db"})
    assert [user["username"] for user in listed.result["items"]] == ["ann"]
