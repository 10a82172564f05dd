"""Keys turn under a running server with a thousand sign-ins, watched by a client and by a second process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.e2e.second_server import SecondServer, second_server
from tests.support import postgres
from tests.support.server import Server, serving, synctv

ROOMS, GUESTS_OF_A_ROOM = 20, 50
KNOWN_WITHIN_SECONDS = 5.0
PASSWORD = "violet harbour clock"
UNLIMITED = {"SYNCTV__LIMITS__ENABLED": "false", "SYNCTV__OBSERVABILITY__LOG_LEVEL": "warning"}


@pytest.fixture(params=["sqlite", "postgres"])
async def environ(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a new installation, on each of the two databases."""
    if request.param == "sqlite":
        return UNLIMITED
    return {**UNLIMITED, "SYNCTV__DATABASE__URL": await postgres.fresh_database(postgres.server())}


class Client:
    """Somebody who is signed in, and goes on using the server: every answer has to be a good one."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.refresh_token = ""
        self.access_token = ""
        self.rounds = 0

    async def call(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        shown = self.access_token if token is None else token
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def take(self, tokens: dict[str, Any]) -> None:
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]

    async def go_on(self, until: asyncio.Event) -> None:
        while not until.is_set():
            await self.call("GET", "/api/v1/rooms")
            refreshed = await self.call(
                "POST", "/api/v1/auth/refresh", {"refresh_token": self.refresh_token}, ""
            )
            self.take(refreshed)
            self.rounds += 1


async def _root(server: Server, http: httpx.AsyncClient) -> Client:
    ann = Client(http)
    body = {"token": server.setup_url.partition("#")[2], "username": "ann", "password": PASSWORD}
    ann.take(await ann.call("POST", "/api/v1/setup", body, ""))
    return ann


async def _guests(ann: Client) -> list[tuple[str, str]]:
    """A thousand guests, each as its room and its access token."""
    guests = []
    for number in range(ROOMS):
        body = {"name": f"Room {number}", "visibility": "private", "settings": {"allow_guests": True}}
        room = (await ann.call("POST", "/api/v1/rooms", body))["id"]
        for _ in range(GUESTS_OF_A_ROOM):
            ann.http.cookies.clear()
            entered = await ann.call("POST", "/api/v1/auth/guest", {"room_id": room}, "")
            guests.append((room, entered["access_token"]))
    ann.http.cookies.clear()
    return guests


async def _until_known(second: SecondServer, token: str, kid: str) -> float:
    """How many seconds it took until the second process signs with this key; every token was taken meanwhile."""
    began = time.monotonic()
    while True:
        seen = await second.try_token(token)
        assert seen["status"] == 200
        if seen["signs"] == kid:
            return time.monotonic() - began
        assert time.monotonic() < began + KNOWN_WITHIN_SECONDS, seen


@pytest.mark.timeout(180)
async def test_a_thousand_sign_ins_do_not_notice_that_keys_turn_twice(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    async with (
        serving(data, environ=environ) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as http,
    ):
        ann = await _root(server, http)
        guests, early = await _guests(ann), ann.access_token
        cached = await ann.call("GET", "/.well-known/jwks.json")
        assert (await http.get("/.well-known/jwks.json")).headers["Cache-Control"] == "public, max-age=5"
        async with second_server(data, environ) as second:
            assert (await second.try_token(early))["status"] == 200
            turned_twice = asyncio.Event()
            going = asyncio.create_task(ann.go_on(turned_twice))
            for _ in range(2):
                turned = (await synctv(data, "rotate-keys", environ=environ)).document["result"]
                await _until_known(second, early, turned["new_kid"])
            turned_twice.set()
            await going
            fresh = await ann.call("POST", "/api/v1/auth/refresh", {"refresh_token": ann.refresh_token}, "")
            assert (await second.try_token(fresh["access_token"]))["status"] == 200
        assert ann.rounds > 10
        assert server.process.returncode is None
        for room, token in guests:
            await ann.call("GET", f"/api/v1/rooms/{room}/members", token=token)
        await ann.call("GET", "/api/v1/me", token=early)
        assert jwt.get_unverified_header(early)["kid"] in {key["kid"] for key in cached["keys"]}
        _verify_as_a_client_does(
            fresh["access_token"], cached, await ann.call("GET", "/.well-known/jwks.json")
        )


def _verify_as_a_client_does(token: str, cached: dict[str, Any], published: dict[str, Any]) -> None:
    """A client that meets a key id it has not cached asks again, and can check the token then."""
    kid = jwt.get_unverified_header(token)["kid"]
    assert kid not in {key["kid"] for key in cached["keys"]}
    key = jwt.PyJWKSet.from_dict(published)[kid]
    assert jwt.decode(token, key, algorithms=["RS256"], audience="synctv", issuer="synctv")["sid"]


async def test_a_compromised_key_is_refused_at_once_and_everybody_refreshes(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    data = tmp_path / "data"
    async with (
        serving(data, environ=environ) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as http,
    ):
        ann = await _root(server, http)
        old = jwt.get_unverified_header(ann.access_token)["kid"]
        only = await synctv(data, "keys", "revoke", old, "--compromised", "--yes", environ=environ)
        assert (only.code, only.document["error"]["code"]) == (9, "key.last")
        made = await synctv(data, "keys", "generate", "--algorithm", "EdDSA", environ=environ)
        coming = made.document["result"]["kid"]
        revoke = ("keys", "revoke", old, "--compromised")
        planned = (await synctv(data, *revoke, "--dry-run", environ=environ)).document["result"]
        assert planned == {"kid": old, "sessions_affected": 1, "new_kid": coming, "dry_run": True}
        await ann.call("GET", "/api/v1/me")
        done = await synctv(data, *revoke, "--yes", environ=environ)
        assert done.document["result"] == {**planned, "dry_run": False}
        refused = await http.get("/api/v1/me", headers={"Authorization": f"Bearer {ann.access_token}"})
        assert refused.status_code == 401
        ann.take(await ann.call("POST", "/api/v1/auth/refresh", {"refresh_token": ann.refresh_token}, ""))
        await ann.call("GET", "/api/v1/me")
        assert jwt.get_unverified_header(ann.access_token) == {"alg": "EdDSA", "kid": coming, "typ": "JWT"}
        published = (await synctv(data, "keys", "jwks", environ=environ)).document["result"]["keys"]
        assert [key["kid"] for key in published] == [coming]
