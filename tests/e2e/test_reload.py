"""A running server reads its configuration anew: by signal, by command, for systemd; and a bad one changes nothing."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from tests.support.server import serving, start_server, synctv
from tests.support.waiting import eventually

TODAY = f"synctv-{date.today():%Y-%m-%d}.log"  # noqa: DTZ011 — local midnight is meant


def write(data: Path, toml: str) -> None:
    (data / "synctv.toml").write_text(toml)


async def registration_of(url: str) -> Any:
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        return (await client.get("/api/v1/server")).json()["registration"]


async def test_command_takes_over_what_may_change_and_names_what_waits(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as server:
        assert await registration_of(server.url) == "closed"
        write(data, '[auth]\nregistration = "open"\n[database]\npool_size = 3\n')
        answer = await synctv(data, "reload")
        assert answer.code == 0
        assert answer.document["result"] == {
            "changed": ["auth.registration"],
            "needs_restart": ["database.pool_size"],
            "warnings": [],
        }
        assert await registration_of(server.url) == "open"


async def test_bad_file_keeps_the_old_one_and_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as server:
        write(data, '[auth]\nregistration = "open"\npassword_min_length = 3\n')
        server.process.send_signal(signal.SIGHUP)
        log = tmp_path / "data.log"
        await eventually(lambda: "the old one still holds" in log.read_text(), within_seconds=20)
        assert await registration_of(server.url) == "closed"
        write(data, '[auth]\nregistration = "opne"\n')
        refused = await synctv(data, "reload")
        assert refused.code == 5
        write(data, "[auth]\n")
        assert (await synctv(data, "reload")).code == 0


async def test_where_no_server_runs_a_reload_is_exit_6(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert (await synctv(data, "init")).code == 0
    assert (await synctv(data, "reload")).code == 6


async def test_systemd_hears_of_a_reload_and_of_its_end(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        server = await start_server(tmp_path / "data", environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(200) == b"READY=1"
        server.process.send_signal(signal.SIGHUP)
        begun = dict(line.split("=") for line in manager.recv(200).decode().splitlines())
        assert begun["RELOADING"] == "1"
        assert int(begun["MONOTONIC_USEC"]) > 0
        assert manager.recv(200) == b"READY=1\nSTATUS=the configuration was reloaded"
        write(tmp_path / "data", "[auth]\nregistration = 1\n")
        server.process.send_signal(signal.SIGHUP)
        assert manager.recv(200).startswith(b"RELOADING=1\n")
        assert manager.recv(200).startswith(b"READY=1\nSTATUS=the configuration cannot be used")
        assert await server.stop() == 0


async def test_log_goes_to_daily_files_level_changes_and_a_moved_file_is_opened_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    write(data, '[observability]\nlog_directory = "logs"\n')
    async with serving(data) as server:
        file = data / "logs" / TODAY
        await eventually(lambda: "answers on" in file.read_text(), within_seconds=20)
        assert file.stat().st_mode & 0o777 == 0o600
        assert "answers on" not in (tmp_path / "data.log").read_text()
        moved = file.rename(tmp_path / "moved.log")
        write(data, '[observability]\nlog_directory = "logs"\nlog_level = "error"\n')
        assert (await synctv(data, "reload")).code == 0
        await registration_of(server.url)
        assert file.read_text() == ""
        assert "reloaded" not in moved.read_text()
        blocked = tmp_path / "file"
        blocked.touch()
        write(data, f'[observability]\nlog_directory = "{blocked}/logs"\n')
        refused = await synctv(data, "reload")
        assert refused.code == 5
        assert "observability.log_directory" in refused.document["error"]["message"]
        await eventually(lambda: "the old one still holds" in file.read_text(), within_seconds=20)


async def test_reload_of_a_server_on_any_free_port_asks_for_no_restart(tmp_path: Path) -> None:
    async with serving(tmp_path / "data"):
        answer = await synctv(tmp_path / "data", "reload")
        assert answer.document["result"]["needs_restart"] == []


async def test_terminal_that_is_closed_stops_the_server_on_it(tmp_path: Path) -> None:
    screen, terminal = os.openpty()
    server = await start_server(tmp_path / "data", stdin=terminal)
    os.close(terminal)
    os.close(screen)
    assert await server.stop(with_signal=signal.SIGHUP) == 0


async def test_log_folder_that_cannot_be_written_is_exit_5_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {"SYNCTV__OBSERVABILITY__LOG_DIRECTORY": str(tmp_path / "file" / "logs")}
    refused = await synctv(tmp_path / "data", "serve", "--port", "0", environ=environ)
    assert refused.code == 5
    assert "observability.log_directory" in refused.document["error"]["message"]


async def test_reload_stands_in_the_audit_log_with_who_asked_for_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as server:
        write(data, '[auth]\nregistration = "open"\n')
        assert (await synctv(data, "reload")).code == 0
        server.process.send_signal(signal.SIGHUP)
        log = tmp_path / "data.log"
        await eventually(lambda: log.read_text().count("configuration reloaded") == 2, within_seconds=20)
        listed = await synctv(data, "audit", "log", "list", "--action", "server.reloaded")
        actors = {entry["actor"]["type"] for entry in listed.document["result"]["entries"]}
        assert actors == {"operator", "system"}


async def test_setting_that_was_acknowledged_survives_sigkill_with_its_entry(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = await start_server(data)
    answer = await synctv(data, "settings", "set", "auth.registration", "open")
    server.process.kill()
    await server.process.wait()
    assert answer.code == 0
    async with serving(data) as again:
        assert await registration_of(again.url) == "open"
        listed = await synctv(data, "audit", "log", "list", "--action", "setting.changed")
        assert len(listed.document["result"]["entries"]) == 1
        locked = await synctv(data, "config", "set", "auth.registration", "invite")
        assert locked.code == 0
        assert (await synctv(data, "reload")).document["result"]["changed"] == ["auth.registration"]
        assert await registration_of(again.url) == "invite"
        assert (await synctv(data, "settings", "set", "auth.registration", "open")).code == 9
