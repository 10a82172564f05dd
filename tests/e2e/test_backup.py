"""Backups of a server that works: restored elsewhere it goes on; killed at any moment nothing is half-done.

`SYNCTV_KILLS=100 python -m pytest tests/e2e/test_backup.py` kills more often, with as many seeds.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import databases
from tests.support.processes import KILLS, killed_after
from tests.support.server import SYNCTV, Server, serving, synctv
from tests.support.small_disk import small_disk
from tests.support.waiting import eventually

PASSWORD = "violet harbour clock"
UNLIMITED = {"SYNCTV__LIMITS__ENABLED": "false"}
LINES = 400
"""Enough rows that a kill hits the work, not only its start."""


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery")
    path.chmod(0o600)
    return path


async def call(http: httpx.AsyncClient, method: str, path: str, token: str = "", **body: object) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await http.request(method, f"/api/v1{path}", headers=headers, json=body or None)
    assert answer.is_success, answer.text
    return answer.json()


async def sign_in(http: httpx.AsyncClient) -> str:
    answer = await call(http, "POST", "/auth/login", identifier="ann", password=PASSWORD)
    return str(answer["access_token"])


async def furnish(server: Server, http: httpx.AsyncClient) -> tuple[str, str]:
    """Ann's token, and her room."""
    secret = server.setup_url.partition("#")[2].rpartition("=")[2]
    first = {"token": secret, "username": "ann", "password": PASSWORD}
    token = (await http.post("/api/v1/setup", json=first)).json()["access_token"]
    return token, (await call(http, "POST", "/rooms", token, name="Films", visibility="private"))["id"]


async def test_backup_under_load_restored_elsewhere_goes_on(tmp_path: Path, passphrase: Path) -> None:
    data, elsewhere, file = tmp_path / "data", tmp_path / "elsewhere", tmp_path / "night.zip"
    acknowledged: list[str] = []

    async def talk(http: httpx.AsyncClient, token: str, room: str) -> None:
        while True:
            said = await call(http, "POST", f"/rooms/{room}/messages", token, text=f"{len(acknowledged)}")
            acknowledged.append(said["id"])

    async with serving(data, environ=UNLIMITED) as server, httpx.AsyncClient(base_url=server.url) as http:
        token, room = await furnish(server, http)
        talking = [asyncio.create_task(talk(http, token, room)) for _ in range(4)]
        await eventually(lambda: len(acknowledged) >= 50, within_seconds=30)
        before = set(acknowledged)
        made = await synctv(
            data, "backup", "create", "--output", str(file), "--passphrase-file", str(passphrase)
        )
        assert made.code == 0, made.err
        assert len(acknowledged) > len(before)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    verified = await synctv(elsewhere, "backup", "verify", str(file), "--passphrase-file", str(passphrase))
    assert verified.code == 0, verified.out
    counts = verified.document["result"]["counts"]
    restored = await synctv(
        elsewhere, "backup", "restore", str(file), "--passphrase-file", str(passphrase), "--yes"
    )
    assert restored.code == 0, restored.out
    assert restored.document["result"]["restored"] == counts
    async with serving(elsewhere, environ=UNLIMITED) as copy, httpx.AsyncClient(base_url=copy.url) as http:
        assert (await call(http, "GET", "/me", token))["username"] == "ann"
        await sign_in(http)
        kept = await every_message(http, token, room)
        assert len(kept) == counts["messages"]
        assert before <= kept
    assert (await synctv(elsewhere, "audit", "log", "verify")).code == 0


async def every_message(http: httpx.AsyncClient, token: str, room: str) -> set[str]:
    found: set[str] = set()
    cursor = ""
    while True:
        page = await call(http, "GET", f"/rooms/{room}/messages?limit=100{cursor}", token)
        found |= {item["id"] for item in page["items"]}
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """An installation at rest, with an account and some chat."""
    data = tmp_path / "data"
    async with serving(data, environ=UNLIMITED) as server, httpx.AsyncClient(base_url=server.url) as http:
        token, room = await furnish(server, http)
        for n in range(LINES):
            await call(http, "POST", f"/rooms/{room}/messages", token, text=f"{n} ".ljust(400, "x"))
    return data


async def killed(after: float, data: Path, *words: str) -> bool:
    """Run a command in a process of its own and kill it after so many seconds; whether that came in time."""
    process = await asyncio.create_subprocess_exec(
        *(*SYNCTV, "--data-dir", str(data), "--json", *words),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await killed_after(after, process)


async def seconds_of(data: Path, *words: str) -> float:
    began = time.monotonic()
    answer = await synctv(data, *words)
    assert answer.code == 0, answer.out
    return time.monotonic() - began


@pytest.mark.timeout(120 + 20 * KILLS)
async def test_backup_killed_at_any_moment_is_whole_or_not_there(home: Path, passphrase: Path) -> None:
    words = ("backup", "create", "--passphrase-file", str(passphrase))
    took = await seconds_of(home, *words)
    kills = 0
    for seed in range(KILLS):
        kills += await killed(random.Random(seed).uniform(0.2, 1.0) * took, home, *words)
    assert kills, "every command was through before it was to be killed"
    for path in (home / "backups").glob("*.zip"):
        assert (await synctv(home, "backup", "verify", str(path))).code == 0
    assert (await synctv(home, "backup", "create")).code == 0
    assert [path.name for path in (home / "backups").iterdir() if path.suffix != ".zip"] == []


@pytest.mark.timeout(120 + 30 * KILLS)
async def test_restore_killed_at_any_moment_leaves_the_old_or_the_new(
    home: Path, passphrase: Path, tmp_path: Path
) -> None:
    """The backup has ann alone, what is there has ben too, under another master key: they may not be mixed."""
    file = tmp_path / "ann.zip"
    made = await synctv(home, "backup", "create", "--output", str(file), "--passphrase-file", str(passphrase))
    assert made.code == 0
    other = tmp_path / "other"
    assert (await synctv(other, "init", "--yes")).code == 0
    created = await synctv(other, "user", "create", "ben", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert created.code == 0, created.out
    trial = tmp_path / "trial"
    words = ("backup", "restore", str(file), "--passphrase-file", str(passphrase), "--replace", "--yes")
    shutil.copytree(other, trial)
    took = await seconds_of(trial, *words)
    kills = 0
    for seed in range(KILLS):
        shutil.rmtree(trial)
        shutil.copytree(other, trial)
        kills += await killed(random.Random(seed).uniform(0.2, 1.0) * took, trial, *words)
        assert await who_lives_in(trial) in ({"ann"}, {"ben"}), seed
    assert (await synctv(trial, *words)).code == 0
    assert await who_lives_in(trial) == {"ann"}
    assert kills, "every command was through before it was to be killed"


@pytest.mark.timeout(120 + 30 * KILLS)
async def test_move_killed_at_any_moment_has_moved_all_or_nothing(home: Path, tmp_path: Path) -> None:
    """To PostgreSQL and to another file in turn. The old database is served on, and a second try goes through."""
    took, kills = 0.0, 0
    for seed in range(-2, KILLS):  # the first two are not killed, and say how long one takes
        (place := tmp_path / f"to-{seed}").mkdir()
        to = await databases.empty(("sqlite", "postgres")[seed % 2], place)
        words = ("database", "move", "--to", to, "--yes")
        if seed < 0:
            took = max(took, await seconds_of(home, *words))
        else:
            kills += await killed(random.Random(seed).uniform(0.2, 1.0) * took, home, *words)
            again = await synctv(home, *words)
            assert again.code == 0 or again.document["error"]["code"] == "conflict.not_empty", (
                seed,
                again.out,
            )
        assert await who_lives_in(home, {"SYNCTV__DATABASE__URL": to}) == {"ann"}, seed
    assert await who_lives_in(home) == {"ann"}
    assert kills, "every command was through before it was to be killed"


async def who_lives_in(data: Path, environ: dict[str, str] | None = None) -> set[str]:
    """The accounts, by a program that has to open keys and database; the audit log has to be that of the database."""
    checked = await synctv(data, "audit", "log", "verify", environ=environ)
    assert checked.code == 0, checked.out
    listed = await synctv(data, "user", "list", environ=environ)
    assert listed.code == 0, listed.out
    return {user["username"] for user in listed.document["result"]["items"]}


async def test_full_disk_in_the_middle_leaves_nothing_half_done(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    command = (*small_disk(disk, 1), sys.executable, "-c", _FILL_AND_BACK_UP, str(home), str(disk))
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()


_FILL_AND_BACK_UP = """
import json, pathlib, subprocess, sys
home, disk = sys.argv[1:]
room = pathlib.Path(disk, "ballast")
room.write_bytes(b"x" * (1_048_576 - 16_384))
words = [sys.executable, "-m", "synctv_cli", "--data-dir", home, "--json", "backup", "create", "--output", disk]
done = subprocess.run(words, capture_output=True, text=True)
assert done.returncode == 6, done.stdout + done.stderr
error = json.loads(done.stdout)["error"]
assert error["code"] == "unavailable.disk_full", error
assert [path.name for path in pathlib.Path(disk).iterdir()] == ["ballast"]
room.unlink()
done = subprocess.run(words, capture_output=True, text=True)
assert done.returncode == 0, done.stdout
"""
