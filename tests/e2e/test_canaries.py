"""A secret planted in every secret setting of a running installation appears nowhere that somebody may look."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from synctv_cli.tree import commands
from synctv_server.config.secrets import secret_file
from synctv_server.config.settings import reference
from synctv_server.security.sealing import new_key, write_master_key
from tests.support import postgres
from tests.support.server import serving, synctv
from tests.support.waiting import eventually

READERS = (
    "status",
    "doctor",
    "audit",
    "audit log list",
    "audit log verify",
    "backup create",
    "config check",
    "config show",
    "keys list",
    "migrate status",
    "secrets check",
    "secrets list",
    "settings list",
    "settings export",
    "user list",
    "keys jwks",
    "keys rotate --force",
    "user show nobody",
    "serve --port 0",
    "config set server.port not-a-port",
    "settings set observability.metrics_token new",
    "reload",
)


def plant(data: Path, name: str) -> str:
    """A canary in the file of a secret; one that a new installation has is its own."""
    file = secret_file(data, name)
    if not file.exists():
        is_key = name.startswith("keys.")
        file.write_text(write_master_key(new_key()) if is_key else f"canary-{name}-0123456789abcdef")
        file.chmod(0o600)
    return file.read_text().strip()


def command_lines() -> Iterator[str]:
    """What everybody on the machine sees of the processes that run."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes().decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue


def contents(place: Path) -> Iterator[tuple[str, str]]:
    """Every file of a place but the secrets themselves: logs, database, backups, configuration."""
    for file in (place, *place.rglob("*")):
        if file.is_file() and file.parent.name != "keys":
            yield str(file), file.read_bytes().decode("latin-1")


def logged(data: Path, log: Path) -> str:
    """What the server has said, to its terminal and into its files."""
    return "".join(file.read_text() for file in (log, *(data / "logs").glob("*")))


async def scrape(url: str, token: str) -> int:
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        return (await http.get("/metrics", headers={"Authorization": f"Bearer {token}"})).status_code


@pytest.mark.timeout(240)
async def test_no_secret_setting_shows_anywhere(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "data.log"
    url = await postgres.fresh_database(postgres.server())
    environ = {
        "SYNCTV__DATABASE__URL": url,
        "SYNCTV__OBSERVABILITY__LOG_LEVEL": "debug",
        "SYNCTV__OBSERVABILITY__LOG_DIRECTORY": "logs",
    }
    assert (await synctv(data, "init", environ=environ)).code == 0
    canaries = {each.name: plant(data, each.name) for each in reference() if each.is_secret}
    seen: dict[str, str] = {}
    async with serving(data, environ=environ) as server:
        (data / "synctv.toml").write_text("[auth]\nregistration = 1\n")
        server.process.send_signal(signal.SIGHUP)
        await eventually(lambda: "the old one still holds" in logged(data, log), within_seconds=20)
        (data / "synctv.toml").write_text("")
        token = canaries["observability.metrics_token"]
        assert await scrape(server.url, token) == 200
        assert await scrape(server.url, token[:-1]) == 403
        running = [
            asyncio.create_task(synctv(data, *words.split(), environ=environ)) for words in READERS[:4]
        ]
        seen |= {
            f"cmdline while commands run {number}": line
            for number, line in enumerate(await asyncio.to_thread(lambda: list(command_lines())))
        }
        await asyncio.gather(*running)
        known = {" ".join(each.path) for each in commands()}
        for words in READERS:
            if " ".join(words.split()[:2]) in known or words.split()[0] in known:
                answer = await synctv(data, "--verbose", *words.split(), environ=environ)
                seen[f"synctv {words}"] = answer.out + answer.err
                assert (answer.code == 5) == words.startswith("config set"), answer.out
        seen |= {f"cmdline {number}": line for number, line in enumerate(command_lines())}
    seen |= {name: text for folder in (log, data) for name, text in contents(folder)}
    assert "/metrics" in logged(data, log)
    shown = [
        (where, name) for where, text in seen.items() for name, value in canaries.items() if value in text
    ]
    assert shown == []
    assert len(canaries) >= 3
