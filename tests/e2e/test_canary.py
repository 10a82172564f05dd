"""A value planted in every secret setting: wherever the server and its commands write, it does not appear."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from synctv_server.config.secrets import secret_file
from synctv_server.config.settings import reference
from synctv_server.security.sealing import new_key, write_master_key
from tests.support import postgres
from tests.support.server import start_server, synctv

COMMANDS = (
    ("status",),
    ("secrets", "list"),
    ("secrets", "check"),
    ("config", "show"),
    ("config", "check"),
    ("keys", "list"),
    ("keys", "jwks"),
    ("keys", "rotate", "--force"),
    ("doctor",),
    ("audit",),
    ("migrate", "status"),
    ("audit", "log", "list"),
    ("backup", "create"),
    ("user", "show", "nobody"),
    ("serve", "--port", "0"),
)


def _plant(data: Path) -> dict[str, str]:
    """A value for every secret, in the files of the data directory."""
    (data / "keys").mkdir(parents=True, mode=0o700)
    values = {}
    for setting in reference():
        if setting.is_secret:
            is_key = setting.section == "keys"
            value = write_master_key(new_key()) if is_key else f"canary-{setting.key}-X7w-93"
            file = secret_file(data, setting.name)
            file.touch(mode=0o600)
            file.write_text(value)
            values[setting.name] = value
    return values


def _command_lines() -> bytes:
    """Those of every process of this machine."""
    lines = b""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            lines += (process / "cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
    return lines


def _written(data: Path, log: Path) -> bytes:
    """The log, and everything below the data directory but the secrets themselves."""
    files = [path for path in data.rglob("*") if path.is_file() and path.parent.name != "keys"]
    return b"".join(path.read_bytes() for path in (log, *files))


async def _scrape(url: str, token: str) -> int:
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        return (await http.get("/metrics", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_secret_of_the_settings_appears_nowhere(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "server.log"
    values = _plant(data)
    environ = {
        "SYNCTV__DATABASE__URL": await postgres.fresh_database(postgres.server()),
        "SYNCTV__OBSERVABILITY__LOG_LEVEL": "debug",
        "SYNCTV__OBSERVABILITY__LOG_DIRECTORY": "logs",
    }
    server = await start_server(data, environ=environ, log=log)
    try:
        token = values["observability.metrics_token"]
        assert await _scrape(server.url, token) == 200
        assert await _scrape(server.url, token[:-1]) == 403
        running = [asyncio.create_task(synctv(data, *words, environ=environ)) for words in COMMANDS[:4]]
        seen = await asyncio.to_thread(_command_lines)
        answers = list(await asyncio.gather(*running))
        answers += [await synctv(data, "--verbose", *words, environ=environ) for words in COMMANDS[4:]]
    finally:
        await server.stop()
    written = await asyncio.to_thread(_written, data, log)
    assert b"/metrics" in written
    seen += written + b"".join((answer.out + answer.err).encode() for answer in answers)
    assert [name for name, value in values.items() if value.encode() in seen] == []
