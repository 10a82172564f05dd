"""Sealing and master keys turn on a real installation: killed at any moment, read by another process all along."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_urlsafe

import pytest

from synctv_server.config.secrets import secret_file
from synctv_server.config.sources import load
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.realtime.clock import ServerClock
from synctv_server.security.sealing import new_key, read_master_key, write_master_key
from synctv_server.services.keys import KeyService
from synctv_server.services.keys.opening import place_of
from synctv_server.store import Database, open_database
from synctv_server.store.keys import KeyStore
from tests.support import postgres
from tests.support.processes import KILLS, killed_after
from tests.support.server import SYNCTV, serving, synctv

VALUES = 2_000
SEALING = ("keys", "rotate", "--purpose", "sealing", "--force")
MASTER = ("keys", "rotate", "--purpose", "master")
_LOOK_SECONDS = 0.005


@pytest.fixture(params=["sqlite", "postgres"])
async def environ(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a new installation, on each of the two databases."""
    if request.param == "sqlite":
        return {}
    return {"SYNCTV__DATABASE__URL": await postgres.fresh_database(postgres.server())}


@asynccontextmanager
async def keys_of(data: Path, environ: dict[str, str]) -> AsyncIterator[tuple[Database, KeyService]]:
    """The keys as another process reads them, without a server."""
    settings = load(data_dir=data, environ=environ).settings
    assert settings.keys.master is not None
    given = [settings.keys.master, settings.keys.master_previous]
    masters = [read_master_key(secret.reveal()) for secret in given if secret is not None]
    async with open_database(settings.database.url) as database:
        keys = KeyService(database, masters[0], "RS256", ServerClock().now, others=lambda: masters)
        await keys.load()
        yield database, keys


async def _fill(data: Path, environ: dict[str, str]) -> dict[str, bytes]:
    values = {f"value-{number:05}": token_urlsafe(20).encode() for number in range(VALUES)}
    async with keys_of(data, environ) as (database, keys), database.transaction(durable=True):
        for row, plain in values.items():
            sealed = keys.sealing.sealer.seal(plain, place_of(row))
            await KeyStore(database).add(
                KeyRecord(row, KeyPurpose.SIGNING, "EdDSA", KeyState.RETIRED, 1, 1, sealed=sealed)
            )
    return values


async def _read(database: Database, keys: KeyService) -> dict[str, bytes]:
    await keys.follow()
    rows = await database.fetch("SELECT kid, sealed FROM keys WHERE kid LIKE 'value-%'")
    return {row["kid"]: keys.sealing.sealer.open(row["sealed"], place_of(row["kid"])) for row in rows}


async def _work_seconds(
    data: Path, environ: dict[str, str], database: Database, at_rest: asyncio.Lock, kill_after: float
) -> float:
    """How long a rotation worked, or was let work: from the first change, until which it holds the lock, to its end."""
    process = await asyncio.create_subprocess_exec(
        *(*SYNCTV, "--data-dir", str(data), "--json", *SEALING),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **environ},
    )
    ended = asyncio.create_task(process.wait())
    async with at_rest:
        before = await _all_rows(database)
        while not ended.done() and await _all_rows(database) == before:
            await asyncio.wait({ended}, timeout=_LOOK_SECONDS)
    began = time.monotonic()
    await killed_after(kill_after, process)
    await ended
    return time.monotonic() - began


@pytest.mark.timeout(120 + 15 * KILLS)
async def test_a_sealing_rotation_killed_at_any_moment_loses_no_value(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    assert (await synctv(data, "init", "--yes", environ=environ)).code == 0
    values = await _fill(data, environ)
    async with keys_of(data, environ) as (database, keys):
        at_rest = asyncio.Lock()
        reading = asyncio.create_task(_read_on(database, keys, values, at_rest))
        took, cut = await _work_seconds(data, environ, database, at_rest, kill_after=60), 0
        for seed in range(KILLS):
            kill_after = random.Random(seed).uniform(0, took)
            await _work_seconds(data, environ, database, at_rest, kill_after)
            assert not reading.done(), reading.exception()
            assert await _read(database, keys) == values
            cut += len(await _in_use(database)) > 1
        assert cut > 0
        done = await synctv(data, *SEALING, environ=environ)
        assert done.code == 0, done.out
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert await _read(database, keys) == values
        head = keys.sealing.sealer.head
        rows = await database.fetch("SELECT sealed FROM keys WHERE purpose = 'signing'")
        assert {row["sealed"][: len(head)] for row in rows} == {head}
        assert len(await _in_use(database)) == 1
        retired = [record for record in await _sealing_keys(database) if record.state is KeyState.RETIRED]
        assert not any(record.sealed for record in retired)


async def _all_rows(database: Database) -> list[tuple[str, str, bytes]]:
    rows = await database.fetch("SELECT kid, state, sealed FROM keys ORDER BY kid")
    return [(row["kid"], row["state"], row["sealed"]) for row in rows]


async def _sealing_keys(database: Database) -> list[KeyRecord]:
    return await KeyStore(database).list_keys(KeyPurpose.SEALING)


async def _in_use(database: Database) -> list[KeyRecord]:
    return [record for record in await _sealing_keys(database) if record.verifies]


async def _read_on(
    database: Database, keys: KeyService, values: dict[str, bytes], at_rest: asyncio.Lock
) -> None:
    """Until it is cancelled, whenever rows may change; fails as soon as a value does not open."""
    while True:
        async with at_rest:
            pass
        assert await _read(database, keys) == values


async def test_the_master_key_turns_beside_a_running_server_and_across_its_restart(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    previous = secret_file(data, "keys.master_previous")
    async with serving(data, environ=environ):
        old = secret_file(data, "keys.master").read_text()
        turned = (await synctv(data, *MASTER, environ=environ)).document["result"]
        assert turned["purpose"] == "master"
        assert secret_file(data, "keys.master").read_text() != old
        assert (previous.read_text(), previous.stat().st_mode & 0o777) == (old, 0o600)
        again = await synctv(data, *MASTER, environ=environ)
        assert (again.code, again.document["error"]["code"]) == (9, "key.master_turning")
        assert (await synctv(data, "rotate-keys", "--force", environ=environ)).code == 0
    async with serving(data, environ=environ):
        finished = (await synctv(data, *MASTER, "--finish", environ=environ)).document["result"]
        assert finished == turned
        assert not previous.exists()
    async with serving(data, environ=environ):
        states = {
            key["kid"]: key["state"]
            for key in (await synctv(data, "keys", "list", environ=environ)).document["result"]["keys"]
        }
        assert (states[turned["old_kid"]], states[turned["new_kid"]]) == ("retired", "active")
        settled = await synctv(data, *MASTER, "--finish", environ=environ)
        assert (settled.code, settled.document["error"]["code"]) == (9, "key.master_settled")
    secret_file(data, "keys.master").write_text(old)
    refused = await synctv(data, "keys", "list", environ=environ)
    assert (refused.code, "keys.master" in refused.document["error"]["message"]) == (5, True)


async def test_a_master_key_that_is_given_is_replaced_where_it_is_given(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    old, new = (tmp_path / name for name in ("old", "new"))
    for file in (old, new):
        file.touch(mode=0o600)
        file.write_text(write_master_key(new_key()))
    first = {**environ, "SYNCTV__KEYS__MASTER_FILE": str(old)}
    assert (await synctv(data, "init", "--yes", environ=first)).code == 0
    refused = await synctv(data, *MASTER, environ=first)
    assert (refused.code, refused.document["error"]["code"]) == (9, "key.master_given")
    both = {
        **environ,
        "SYNCTV__KEYS__MASTER_FILE": str(new),
        "SYNCTV__KEYS__MASTER_PREVIOUS_FILE": str(old),
    }
    assert (await synctv(data, *MASTER, environ=both)).code == 0
    for either in (first, both, {**environ, "SYNCTV__KEYS__MASTER_FILE": str(new)}):
        assert (await synctv(data, "keys", "list", environ=either)).code == 0
    assert (await synctv(data, *MASTER, "--finish", environ=both)).code == 0
    assert (await synctv(data, "keys", "list", environ=first)).code == 5
    assert (
        await synctv(data, "keys", "list", environ={**environ, "SYNCTV__KEYS__MASTER_FILE": str(new)})
    ).code == 0


async def test_a_master_rotation_that_was_killed_between_files_and_database_goes_on(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    assert (await synctv(data, "init", "--yes", environ=environ)).code == 0
    master, previous = (secret_file(data, name) for name in ("keys.master", "keys.master_previous"))
    previous.touch(mode=0o600)
    previous.write_text(master.read_text())
    coming = write_master_key(new_key())
    master.write_text(coming)
    assert (await synctv(data, "keys", "list", environ=environ)).code == 0
    assert (await synctv(data, *MASTER, environ=environ)).code == 0
    assert master.read_text() == coming
    assert (await synctv(data, *MASTER, "--finish", environ=environ)).code == 0
    assert (await synctv(data, "keys", "list", environ=environ)).code == 0
