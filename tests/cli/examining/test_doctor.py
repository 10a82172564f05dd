"""`synctv doctor`: silent on a clean installation, and no planted fault escapes it."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from synctv_server.upkeep.doctor import CHECKS
from tests.cli.conftest import Synctv
from tests.cli.examining.conftest import Install
from tests.cli.examining.plants import PLANTS, Plant, foreign_home
from tests.support import postgres
from tests.support.server import SYNCTV, serving
from tests.support.small_disk import small_disk

LEAST_CHECKS = 40
PLANTED_ELSEWHERE = {
    "data_dir.writable",
    "data_dir.owner",
    "disk.space",
    "disk.files",
    "process.encoding",
    "program.client",
    "network.ready",
    "network.public",
    "network.websocket",
    "postgres.encoding",
    "postgres.connections",
}
"""Checks whose faults need a process, a disk or a database of their own: the tests further below."""


def test_a_clean_installation_has_nothing_wrong(install: Install) -> None:
    answer = install("doctor", "--json", "--fail-on", "warn")
    wrong = [each for each in answer.result["checks"] if each["status"] not in {"ok", "skip"}]
    assert wrong == []
    assert answer.code == 0


async def test_a_clean_installation_on_postgres_has_nothing_wrong(tmp_path: Path) -> None:
    install = Install(Synctv(tmp_path / "data"), {"SYNCTV__SERVER__PORT": "0"})
    install.set("database.url", await postgres.fresh_database(postgres.server()))
    assert (await asyncio.to_thread(install, "init", "--yes")).code == 0
    answer = await asyncio.to_thread(install, "doctor", "--json", "--fail-on", "warn")
    assert [each for each in answer.result["checks"] if each["status"] not in {"ok", "skip"}] == []
    seen = {each["id"]: each["status"] for each in answer.result["checks"]}
    assert seen["postgres.connections"] == seen["schema.tables"] == seen["keys.rows"] == "ok"


def test_an_installation_whose_keys_were_replaced_has_nothing_wrong(install: Install) -> None:
    for purpose in ("signing", "sealing", "master"):
        assert install("keys", "rotate", "--purpose", purpose, "--yes").code == 0, purpose
    answer = install("doctor", "--json", "--fail-on", "warn")
    assert [each for each in answer.result["checks"] if each["status"] not in {"ok", "skip"}] == []
    grave = {"critical", "high", "medium"}
    assert grave.isdisjoint(install.findings().values())


def test_looking_changes_nothing(install: Install) -> None:
    before = install.snapshot()
    install("doctor")
    install("doctor", "--fix", "--dry-run")
    assert install.snapshot() == before


def test_every_check_has_a_fault_that_is_planted_and_seen() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids)) >= LEAST_CHECKS
    assert {plant.check for plant in PLANTS} | PLANTED_ELSEWHERE == set(ids)
    assert [check.id for check in CHECKS if not check.wanted.endswith(".")] == []


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.check}-{plant.status}")
def test_a_planted_fault_is_seen(install: Install, plant: Plant) -> None:
    plant.act(install)
    answer = install("doctor", "--json", "--fail-on", "warn")
    [found] = [each for each in answer.result["checks"] if each["id"] == plant.check]
    assert found["status"] == plant.status, found
    assert found["fix"]
    assert len(answer.result["checks"]) == len(CHECKS)
    assert answer.code == 3


@pytest.mark.parametrize(
    "plant", [plant for plant in PLANTS if plant.is_mended], ids=lambda plant: f"{plant.check}-{plant.status}"
)
def test_a_fault_that_has_a_cure_is_mended_and_not_by_a_dry_run(install: Install, plant: Plant) -> None:
    plant.act(install)
    before = install.snapshot()
    dry = install.verdict(plant.check, "--fix", "--dry-run")
    assert dry["status"] == plant.status
    assert dry["cure"]
    assert install.snapshot() == before
    mended = install.verdict(plant.check, "--fix")
    assert mended["status"] == "ok", mended
    assert mended["cured"] == dry["cure"]


def test_what_was_mended_is_in_the_audit_log(install: Install) -> None:
    (install.home / "synctv.db").chmod(0o644)
    cured = install.verdict("database.mode", "--fix")["cured"]
    install("doctor", "--fix")  # has nothing to mend any more
    [entry] = install("audit", "log", "list", "--action", "fault", "--json").result["entries"]
    assert (entry["action"], entry["target"]["name"]) == ("fault.mended", "database.mode")
    assert entry["details"]["after"] == {"cure": cured}


def test_exit_3_is_for_what_fails_unless_it_is_told_to_be_stricter(install: Install) -> None:
    install.set("observability.log_level", "debug")
    assert install("doctor").code == 0
    assert install("doctor", "--fail-on", "warn").code == 3
    (install.home / "synctv.db").chmod(0o644)
    assert install("doctor").code == 3


def test_a_file_of_somebody_else_is_given_back_by_root_alone(install: Install) -> None:
    strange = next(plant for plant in PLANTS if plant.check == "data_dir.owners")
    strange.act(install)
    mended = install.verdict("data_dir.owners", "--fix")
    assert (mended["status"] == "ok") == (os.geteuid() == 0)
    assert ("complaint" in mended) == (os.geteuid() != 0)


def test_a_data_directory_of_somebody_else_is_seen(install: Install) -> None:
    foreign_home(install)
    assert install.verdict("data_dir.owner")["status"] == ("warn" if os.geteuid() == 0 else "fail")


@pytest.mark.parametrize("name", ["data_dir.exists", "config.syntax", "database.opens"])
def test_one_fault_is_told_once(install: Install, name: str) -> None:
    """What lies behind a fault is skipped, not told as one fault more."""
    next(plant for plant in PLANTS if plant.check == name).act(install)
    checks = install("doctor", "--json").result["checks"]
    assert [each["id"] for each in checks if each["status"] in {"warn", "fail"}] == [name]


def test_in_words_it_says_what_to_do_and_counts(install: Install) -> None:
    (install.home / "synctv.db").chmod(0o644)
    answer = install("doctor")
    assert answer.code == 3
    assert "fail  database.mode" in answer.out
    assert f"do: chmod go= {install.home / 'synctv.db'}" in answer.out
    assert f"{len(CHECKS)} checks:" in answer.out
    assert "data_dir.exists" not in answer.out
    assert "data_dir.exists" in install("doctor", "--verbose").out


@pytest.mark.parametrize(
    ("check", "status", "before"),
    [
        ("disk.space", "fail", "true"),
        ("disk.files", "warn", 'mount -o remount,nr_inodes=200 "$0"'),
        ("data_dir.writable", "fail", 'mount -o remount,ro "$0"'),
    ],
)
def test_a_bad_disk_is_seen(tmp_path: Path, check: str, status: str, before: str) -> None:
    home = tmp_path / "data"
    through = small_disk(home, 40 if check == "disk.space" else 900)
    synctv = f'"{sys.executable}" -m synctv_cli --data-dir "$0"'
    script = f"{synctv} init --yes >&2 && {before} && {synctv} doctor --json"
    done = subprocess.run(
        [*through, "sh", "-c", script, str(home)], capture_output=True, text=True, check=False, timeout=60
    )
    checks = json.loads(done.stdout)["result"]["checks"]
    assert {each["id"]: each["status"] for each in checks}[check] == status


def test_a_process_that_cannot_read_utf8_or_open_files_is_seen(install: Install) -> None:
    done = subprocess.run(
        [*SYNCTV, "--data-dir", str(install.home), "--json", "doctor"],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)),
        capture_output=True,
        check=False,
        timeout=60,
    )
    seen = {each["id"]: each["status"] for each in json.loads(done.stdout)["result"]["checks"]}
    assert seen["process.encoding"] == "fail"
    assert seen["process.open_files"] == "warn"


def test_a_program_without_its_client_is_seen(install: Install, tmp_path: Path) -> None:
    """A checkout whose client was never built: the same source, without that folder."""
    root = Path(__file__).parents[3]
    for name in ("synctv_cli", "synctv_server", "migrations"):
        subprocess.run(["cp", "-r", root / name, tmp_path], check=True)
    subprocess.run(["rm", "-rf", tmp_path / "synctv_server/api/web/dist"], check=True)
    done = subprocess.run(
        [*SYNCTV, "--data-dir", str(install.home), "--json", "doctor"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )
    seen = {each["id"]: each["status"] for each in json.loads(done.stdout)["result"]["checks"]}
    assert seen["program.client"] == "fail"


async def test_a_running_server_is_asked_and_its_faults_are_seen(install: Install) -> None:
    async with serving(install.home) as server:
        install.set("server.public_url", server.url)
        assert await _statuses(install) == {"ready": "ok", "public": "ok", "websocket": "ok"}
        clean = await asyncio.to_thread(install, "doctor", "--json", "--fail-on", "warn")
        assert [each for each in clean.result["checks"] if each["status"] in {"warn", "fail"}] == []
        async with _without_upgrades(server.url) as proxy:
            install.set("server.public_url", proxy)
            assert await _statuses(install) == {"ready": "ok", "public": "ok", "websocket": "fail"}
        (install.home / "synctv.db").chmod(0o644)
        mended = await asyncio.to_thread(install.verdict, "database.mode", "--fix")
        assert mended["status"] == "ok"
        install.set("server.public_url", "http://127.0.0.1:1")
        assert (await _statuses(install))["public"] == "fail"
        server.process.send_signal(signal.SIGSTOP)
        try:
            assert (await _statuses(install))["ready"] == "fail"
        finally:
            server.process.send_signal(signal.SIGCONT)


async def test_a_poor_postgres_is_seen(install: Install) -> None:
    name = f"poor_{os.getpid()}"
    connection = await asyncpg.connect(postgres.server().url())
    try:
        await connection.execute(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        install.set("database.url", postgres.server().url(name))
        install.set("database.pool_size", 400)
        checks = (await asyncio.to_thread(install, "doctor", "--json")).result["checks"]
        seen = {each["id"]: each["status"] for each in checks}
        assert seen["postgres.encoding"] == "fail"
        assert seen["postgres.connections"] == "warn"
        assert seen["database.integrity"] == "skip"
    finally:
        await connection.execute(f"DROP DATABASE {name}")
        await connection.close()


async def _statuses(install: Install) -> dict[str, str]:
    checks = (await asyncio.to_thread(install, "doctor", "--json")).result["checks"]
    return {
        name: each["status"]
        for each in checks
        for name in ("ready", "public", "websocket")
        if each["id"] == f"network.{name}"
    }


@asynccontextmanager
async def _without_upgrades(url: str) -> AsyncIterator[str]:
    """A proxy that was told nothing about WebSockets: it passes requests on without `Upgrade`."""
    host, _, port = url.removeprefix("http://").partition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line for line in head.strip().split("\r\n") if not _is_about_upgrades(line)]
        there, back = await asyncio.open_connection(host, int(port))
        back.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
        writer.write(await there.read())
        await writer.drain()
        writer.close()
        back.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def _is_about_upgrades(line: str) -> bool:
    name = line.partition(":")[0].lower()
    return name in {"upgrade", "connection"} or name.startswith("sec-websocket")
