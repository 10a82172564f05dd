"""The life of a server as a process: from nothing, answering, drained, killed, started again, refused beside itself."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support import postgres
from tests.support.processes import deleted_files
from tests.support.server import SYNCTV, Server, serving, start_server, synctv
from tests.support.waiting import eventually

PASSWORD = "violet harbour clock"


@pytest.fixture(params=["sqlite", "postgres"])
async def environ(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a new installation, on each of the two databases."""
    if request.param == "sqlite":
        return {}
    return {"SYNCTV__DATABASE__URL": await postgres.fresh_database(postgres.server())}


async def test_from_nothing_to_an_account_and_back_to_rest(tmp_path: Path, environ: dict[str, str]) -> None:
    data = tmp_path / "data"
    async with serving(data, environ=environ) as server:
        assert (data / "setup-link").stat().st_mode & 0o777 == 0o600
        assert "setup_url" not in server.started
        assert (await synctv(data, "health", "ready")).document["result"]["status"] == "ok"
        token = await make_root(server)
        await rooms_are_the_operators_too(server, token)
        assert not (data / "setup-link").exists()
        users = (await synctv(data, "user", "list", environ=environ)).document["result"]["items"]
        assert [(user["username"], user["role"]) for user in users] == [("ann", "root")]
        status = (await synctv(data, "status", environ=environ)).document["result"]
        assert status["running"] is True
        assert status["pid"] == server.process.pid
        assert status["url"] == server.url
        assert "setup_url" not in status
        assert await server.stop() == 0
    assert not (data / "control.sock").exists()
    again = (await synctv(data, "user", "list", environ=environ)).document["result"]["items"]
    assert again == users


async def make_root(server: Server) -> str:
    """The access token of the one who became root, of two who used the link at once."""
    token = server.setup_url.partition("#")[2]
    body = {"token": token, "username": "ann", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        answers = await asyncio.gather(*(client.post("/api/v1/setup", json=body) for _ in range(2)))
    won = [answer for answer in answers if answer.is_success]
    assert len(won) == 1, [answer.text for answer in answers]
    assert {answer.status_code for answer in answers} - {won[0].status_code} == {409}
    access_token: str = won[0].json()["access_token"]
    return access_token


async def rooms_are_the_operators_too(server: Server, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as client:
        body = {"name": "Film night", "visibility": "private"}
        room = (await client.post("/api/v1/rooms", json=body)).json()["id"]
    listed = (await synctv(server.data_dir, "room", "list")).document["result"]["items"]
    assert [each["id"] for each in listed] == [room]
    assert (await synctv(server.data_dir, "room", "show", room)).document["result"]["status"] == "active"
    closed = await synctv(server.data_dir, "room", "close", room, "--yes")
    assert closed.document["result"]["status"] == "closed"


async def test_a_killed_server_starts_again_with_all_that_it_confirmed(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    first = await start_server(data, environ=environ)
    created = await synctv(data, "user", "create", "ann", "--password-stdin", stdin=PASSWORD, environ=environ)
    assert created.code == 0
    await first.stop(with_signal=signal.SIGKILL)
    assert (data / "control.sock").exists()
    assert (await synctv(data, "status", environ=environ)).document["result"]["running"] is False
    async with serving(data, environ=environ):
        shown = await synctv(data, "user", "show", "ann", environ=environ)
        assert shown.document["result"] == created.document["result"]


async def test_commands_beside_a_server_take_no_file_of_its_database_away(tmp_path: Path) -> None:
    data = tmp_path / "data"
    beside = (
        ("health", "ready"),
        ("backup", "create"),
        ("doctor",),
        ("migrate", "verify"),
        ("audit", "log", "verify"),
    )
    async with serving(data) as server:
        for words in beside:
            assert (await synctv(data, "health", "ready")).code == 0
            answer = await synctv(data, *words)
            assert answer.code == 0, answer.out
            assert deleted_files(server.process.pid) == [], words
        await make_root(server)
        await server.stop(with_signal=signal.SIGKILL)
    users = (await synctv(data, "user", "list")).document["result"]["items"]
    assert [user["username"] for user in users] == ["ann"]


async def test_a_second_server_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as first:
        second = await synctv(data, "serve", "--port", "0")
        assert second.code == 9
        assert f"pid {first.process.pid}" in second.document["error"]["message"]
        assert first.url in second.document["error"]["message"]
        assert (await synctv(data, "health")).code == 0


async def test_a_second_server_on_one_postgres_names_the_host_of_the_first(tmp_path: Path) -> None:
    environ = {"SYNCTV__DATABASE__URL": await postgres.fresh_database(postgres.server())}
    async with serving(tmp_path / "one", environ=environ):
        master = (tmp_path / "one" / "keys" / "keys-master").read_text()
        other = {**environ, "SYNCTV__KEYS__MASTER": master.strip()}
        second = await synctv(tmp_path / "two", "serve", "--port", "0", environ=other)
        assert second.code == 9
        assert socket.gethostname() in second.document["error"]["message"]


async def test_a_port_in_use_names_it_and_the_cure(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = await synctv(tmp_path / "data", "serve", "--port", str(port))
    assert answer.code == 9
    assert str(port) in answer.document["error"]["message"]
    assert "--port" in answer.document["error"]["hint"]


@pytest.mark.parametrize("words", [("--host", "300.1.2.3"), ("--port", "99999"), ("--host", "http://x:1")])
async def test_an_address_that_does_not_parse_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    answer = await synctv(tmp_path / "data", "serve", *words)
    assert answer.code in {2, 5}
    assert f"server.{words[0].removeprefix('--')}" in answer.document["error"]["message"]


async def test_a_data_directory_that_cannot_be_written_is_exit_7() -> None:
    # /proc is refused to everybody, root included.
    answer = await synctv(Path("/proc/synctv"), "serve", "--port", "0")
    assert answer.code == 7
    assert "/proc/synctv" in answer.document["error"]["message"]


async def test_a_database_of_a_newer_version_is_exit_10_naming_both(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert (await synctv(data, "init")).code == 0
    insert = (
        "INSERT INTO schema_migrations SELECT version + 1, 'from_the_future', checksum, down_sql, state, "
        "applied_at, took_ms, '99.0.0' FROM schema_migrations ORDER BY version DESC LIMIT 1"
    )
    import sqlite3

    with closing(sqlite3.connect(data / "synctv.db", isolation_level=None)) as database:
        database.execute(insert)
    answer = await synctv(data, "serve", "--port", "0")
    assert answer.code == 10
    assert "99.0.0" in answer.document["error"]["message"]
    assert "synctv migrate down" in answer.document["error"]["hint"]


async def test_sqlite_is_copied_and_brought_up_at_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert (await synctv(data, "init")).code == 0
    assert (await synctv(data, "migrate", "down", "--yes", "--no-backup")).code == 0
    async with serving(data):
        assert (await synctv(data, "migrate", "status")).document["result"]["state"] == "current"
    assert len(list((data / "backups").iterdir())) == 1


async def test_postgres_that_is_behind_is_exit_3_unless_migrate_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environ = {"SYNCTV__DATABASE__URL": await postgres.fresh_database(postgres.server())}
    assert (await synctv(data, "init", environ=environ)).code == 0
    assert (await synctv(data, "migrate", "down", "--yes", environ=environ)).code == 0
    refused = await synctv(data, "serve", "--port", "0", environ=environ)
    assert refused.code == 3
    assert "--migrate" in refused.document["error"]["hint"]
    async with serving(data, "--migrate", environ=environ):
        assert (await synctv(data, "migrate", "status", environ=environ)).code == 0


async def test_a_database_out_of_reach_is_exit_6(tmp_path: Path) -> None:
    environ = {"SYNCTV__DATABASE__URL": "postgresql://nobody@127.0.0.1:9/nothing"}
    answer = await synctv(tmp_path / "data", "serve", "--port", "0", environ=environ)
    assert answer.code == 6
    assert answer.document["error"]["code"] == "unavailable"


async def test_the_log_holds_no_link_and_no_query(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    server = await start_server(data, log=log)
    secret = server.setup_url.partition("#")[2]
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/api/v1/server?ticket=canary-value", timeout=20)
    await server.stop()
    text = log.read_text()
    assert "/api/v1/server" in text
    assert "canary-value" not in text
    assert secret not in text


async def test_on_a_terminal_the_link_is_shown_and_ctrl_c_stops(tmp_path: Path) -> None:
    screen, terminal = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(*SYNCTV, "--data-dir", str(tmp_path / "data"), "serve", "--port", "0"),
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    )
    os.close(terminal)
    shown = await read_until(screen, b"Ctrl-C")
    assert (tmp_path / "data" / "setup-link").read_text().strip() in shown
    assert "synctv serve --host 0.0.0.0" in shown
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    os.close(screen)


async def read_until(screen: int, word: bytes) -> str:
    """What a terminal shows up to `word`."""
    text = b""

    def more() -> bytes:
        return os.read(screen, 4096)

    async with asyncio.timeout(30):
        while word not in text:
            text += await asyncio.to_thread(more)
    return text.decode()


async def test_an_interrupted_command_is_exit_130_and_one_document(tmp_path: Path) -> None:
    pipe = tmp_path / "password"
    os.mkfifo(pipe)
    # Where the tests themselves run in the background, the signal is ignored, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = await asyncio.create_subprocess_exec(
        *(
            *SYNCTV,
            "--data-dir",
            str(tmp_path),
            "--json",
            "user",
            "create",
            "ann",
            "--password-file",
            str(pipe),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    writers: list[int] = []
    await eventually(lambda: is_read(pipe, writers), within_seconds=20)
    process.send_signal(signal.SIGINT)
    os.close(writers[0])  # a signal just before the read does not interrupt it; the end of the pipe does
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert process.returncode == 130


def is_read(pipe: Path, writers: list[int]) -> bool:
    """Whether somebody waits at the other end of the pipe; our own end is then in `writers`."""
    try:
        writers.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


async def test_systemd_hears_when_it_is_ready_and_when_it_stops(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        server = await start_server(tmp_path / "data", environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(64) == b"READY=1"
        assert await server.stop() == 0
        assert manager.recv(64) == b"STOPPING=1"


async def test_a_long_path_moves_the_control_socket_and_status_says_where(tmp_path: Path) -> None:
    data = tmp_path / ("deep" * 30) / "data"
    runtime = tmp_path / "run"
    runtime.mkdir()
    environ = {"XDG_RUNTIME_DIR": str(runtime)}
    data.parent.mkdir()
    async with serving(data, environ=environ):
        status = (await synctv(data, "status", environ=environ)).document["result"]
        assert status["running"] is True
        assert Path(status["control_socket"]).parent == runtime
        assert (await synctv(data, "user", "list", environ=environ)).code == 0


async def test_while_it_stops_requests_are_answered_or_refused_and_never_broken(tmp_path: Path) -> None:
    server = await start_server(tmp_path / "data")
    statuses: set[int] = set()
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:

        async def ask_until_it_is_gone() -> None:
            while True:
                statuses.add((await client.get("/health/ready")).status_code)

        assert (await client.get("/health/ready")).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises((httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError)):
            await asyncio.wait_for(ask_until_it_is_gone(), 20)
    assert statuses <= {200, 503}
    assert await server.stop() == 0  # a second SIGTERM does not cut the first one short


async def test_a_second_ctrl_c_does_not_wait_for_the_drain(tmp_path: Path) -> None:
    server = await start_server(tmp_path / "data", environ={"SYNCTV__SERVER__DRAIN_SECONDS": "300"})
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        # A request whose body never comes keeps the drain waiting.
        writer = (await asyncio.open_connection(*server.url.removeprefix("http://").split(":")))[1]
        writer.write(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 9\r\n\r\n")
        assert (await client.get("/health/live")).status_code == 200
    server.process.send_signal(signal.SIGINT)
    log = tmp_path / "data.log"
    await eventually(lambda: "stopping" in log.read_text(), within_seconds=20)
    assert await server.stop(with_signal=signal.SIGINT) == -signal.SIGINT
    writer.close()
