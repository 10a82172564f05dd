"""Getting in, staying in and getting out, over HTTP."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from synctv_server.domain.sessions import Client
from tests.support.doors import HOST, OPERATOR, House, Visitor, assert_problem, opened

PASSWORD = "correct horse battery"
OWN = {"Origin": f"http://{HOST}"}
WEB = {"X-SyncTV-Client": "web", **OWN}


async def set_up(
    house: House, client: httpx.AsyncClient, name: str = "root-ann", **headers: str
) -> httpx.Response:
    link = await house.application.setup_url(replace_expired=True)
    token = (link or "#").partition("#")[2]
    body = {"token": token, "username": name, "password": PASSWORD}
    return await client.post("/api/v1/setup", json=body, headers=headers)


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, **headers: str) -> httpx.Response:
    body = {"identifier": "ann", "password": password}
    return await client.post("/api/v1/auth/login", json=body, headers=headers)


async def refresh(client: httpx.AsyncClient, token: str | None = None, **headers: str) -> httpx.Response:
    body = None if token is None else {"refresh_token": token}
    return await client.post("/api/v1/auth/refresh", json=body, headers=headers)


async def test_the_set_up_link_makes_one_root_account(house: House) -> None:
    client = house.client()
    assert (await client.get("/api/v1/server")).json()["setup_needed"] is True
    answer = await set_up(house, client)
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "root"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await client.get("/api/v1/server")).json()["setup_needed"] is False
    assert_problem(await set_up(house, client, "somebody"), 409, "setup.done")


async def test_another_set_up_token_is_refused(house: House) -> None:
    await house.application.setup_url(replace_expired=True)
    body = {"token": "x" * 43, "username": "mallory", "password": PASSWORD}
    assert_problem(await house.client().post("/api/v1/setup", json=body), 403, "setup.link_invalid")


async def test_a_sign_in_gives_tokens_and_the_account(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    tokens = (await log_in(house.client())).json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["user"]["username"]) == ("Bearer", 3600, "ann")
    me = await house.client(Authorization=f"Bearer {tokens['access_token']}").get("/api/v1/me")
    assert me.json()["id"] == tokens["user"]["id"]


async def test_a_wrong_password_and_an_unknown_name_are_answered_the_same(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    client = house.client()
    wrong = assert_problem(await log_in(client, "not her password"), 401, "auth.wrong_password")
    body = {"identifier": "nobody-here", "password": PASSWORD}
    unknown = assert_problem(await client.post("/api/v1/auth/login", json=body), 401, "auth.wrong_password")
    assert wrong["detail"] == unknown["detail"]


async def test_registration_is_closed_where_the_server_says_so(house: House) -> None:
    body = {"username": "carol", "password": PASSWORD}
    answer = await house.client().post("/api/v1/auth/register", json=body)
    assert_problem(answer, 403, "auth.registration_closed")


async def test_an_open_server_takes_everybody_once(tmp_path: Path) -> None:
    async with opened(tmp_path, auth__registration="open") as house:
        client = house.client()
        assert (await client.get("/api/v1/server")).json()["registration"] == "open"
        body = {"username": "carol", "password": PASSWORD, "email": "Carol@Example.org"}
        answer = await client.post("/api/v1/auth/register", json=body)
        assert answer.status_code == 201
        assert answer.json()["status"] == "active"
        assert answer.json()["user"]["email"] == "Carol@example.org"
        assert answer.json()["tokens"]["refresh_token"]
        again = await client.post("/api/v1/auth/register", json=body | {"username": "CAROL", "email": None})
        assert_problem(again, 409, "user.name_taken")


async def test_an_invitation_opens_a_closed_server_as_often_as_it_says(house: House) -> None:
    invitation = await house.operator().ok("POST", "/admin/invitations", {"uses": 1})
    secret = invitation["url"].partition("/register#")[2]
    client = house.client()
    body = {"username": "carol", "password": PASSWORD, "invite": secret}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    again = await client.post("/api/v1/auth/register", json=body | {"username": "dave"})
    assert_problem(again, 403, "auth.invite_invalid")


async def test_a_refresh_token_is_good_once_and_its_repeat_ends_the_session(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    client = house.client()
    first = (await log_in(client)).json()
    second = (await refresh(client, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert_problem(await refresh(client, first["refresh_token"]), 401, "auth.token_reused")
    assert_problem(await refresh(client, second["refresh_token"]), 401, "auth.session_ended")
    me = await house.client(Authorization=f"Bearer {second['access_token']}").get("/api/v1/me")
    assert_problem(me, 401, "auth.session_ended")


async def test_a_repeat_with_the_same_key_is_answered_the_same(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    client = house.client()
    token = (await log_in(client)).json()["refresh_token"]
    first = await refresh(client, token, **{"Idempotency-Key": "k1"})
    again = await refresh(client, token, **{"Idempotency-Key": "k1"})
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    assert first.json()["access_token"] == again.json()["access_token"]


async def test_the_web_client_has_its_refresh_token_in_a_cookie_alone(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    client = house.client()
    answer = await log_in(client, **WEB)
    assert "refresh_token" not in answer.json()
    name, _, attributes = answer.headers["Set-Cookie"].partition("=")
    assert name == "synctv_refresh"
    wanted = {"httponly", "samesite=strict", "path=/api/v1/auth", "max-age=2592000"}
    assert wanted <= {part.strip().lower() for part in attributes.split(";")[1:]}
    renewed = await refresh(client, **OWN)
    assert renewed.status_code == 200
    assert "refresh_token" not in renewed.json()
    assert client.cookies["synctv_refresh"] not in answer.headers["Set-Cookie"]


async def test_the_cookie_is_good_from_an_own_page_alone(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    client = house.client()
    await log_in(client, **WEB)
    for origin in ("", "https://evil.example", f"http://{HOST}.evil.example", "null", "http://"):
        headers = {"Origin": origin} if origin else {}
        assert_problem(await refresh(client, **headers), 403, "auth.origin")
        assert_problem(await client.post("/api/v1/auth/logout", headers=headers), 403, "auth.origin")
    assert (await refresh(client, **OWN)).status_code == 200


@pytest.mark.parametrize(
    ("settings", "headers", "is_secure"),
    [
        ({}, {}, False),
        ({"server__public_url": "https://tv.example.org"}, {}, True),
        ({"server__public_url": "http://tv.example.org"}, {}, False),
        ({"server__trusted_proxies": "192.0.2.0/24"}, {"X-Forwarded-Proto": "https"}, True),
        ({}, {"X-Forwarded-Proto": "https"}, False),
    ],
)
async def test_the_cookie_is_secure_exactly_when_the_public_scheme_is_https(
    tmp_path: Path, settings: dict[str, Any], headers: dict[str, str], is_secure: bool
) -> None:
    async with opened(tmp_path, **settings) as house:
        await house.person("ann", password=PASSWORD)
        answer = await log_in(house.client(), **WEB, **headers)
        assert ("secure" in answer.headers["Set-Cookie"].lower()) is is_secure


async def test_signing_out_ends_the_session_and_takes_the_cookie_away(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    client = house.client()
    access = (await log_in(client, **WEB)).json()["access_token"]
    answer = await client.post("/api/v1/auth/logout", headers=OWN)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "synctv_refresh" not in client.cookies
    me = await house.client(Authorization=f"Bearer {access}").get("/api/v1/me")
    assert_problem(me, 401, "auth.session_ended")


async def test_a_refresh_without_any_token_says_what_is_missing(house: House) -> None:
    problem = assert_problem(await refresh(house.client()), 422, "invalid")
    assert problem["errors"][0]["field"] == "refresh_token"


async def test_nobody_is_let_in_without_a_token(house: House) -> None:
    answer = await house.client().get("/api/v1/me")
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_that_is_none_is_refused(house: House) -> None:
    for token in ("", "x", "a.b.c", "é" * 20):
        headers = [(b"Authorization", f"Bearer {token}".encode("latin-1"))]
        assert_problem(await house.client().get("/api/v1/me", headers=headers), 401, "unauthenticated")


async def test_a_token_without_a_signature_is_refused(house: House, ann: Visitor) -> None:
    header, payload, _ = ann.http.headers["Authorization"].removeprefix("Bearer ").split(".")
    named = json.loads(base64.urlsafe_b64decode(header + "=="))
    unsigned = base64.urlsafe_b64encode(json.dumps(named | {"alg": "none"}).encode()).rstrip(b"=").decode()
    for signature in ("", "AAAA"):
        client = house.client(Authorization=f"Bearer {unsigned}.{payload}.{signature}")
        assert_problem(await client.get("/api/v1/me"), 401, "unauthenticated")


async def test_a_stale_token_does_not_keep_anybody_from_signing_in(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    assert (await log_in(house.client(Authorization="Bearer stale"))).status_code == 200


async def test_sessions_are_listed_and_ended_one_by_one(house: House, ann: Visitor) -> None:
    parts = house.application.parts
    user = await parts.users.get(OPERATOR, "ann")
    other = await parts.sessions.open(user, Client("192.0.2.9", "a browser at work"))
    listed = (await ann.ok("GET", "/me/sessions"))["items"]
    assert {item["id"]: item["current"] for item in listed}[other.session.id] is False
    assert sum(item["current"] for item in listed) == 1
    await ann.ok("DELETE", f"/me/sessions/{other.session.id}")
    at_work = house.client(Authorization=f"Bearer {other.access_token}")
    assert_problem(await at_work.get("/api/v1/me"), 401, "auth.session_ended")
    assert_problem(await ann.call("DELETE", f"/me/sessions/{other.session.id}"), 404, "not_found")
    assert (await ann.call("GET", "/me")).status_code == 200


async def test_nobody_ends_the_session_of_somebody_else(house: House, ann: Visitor, bob: Visitor) -> None:
    session = (await ann.ok("GET", "/me/sessions"))["items"][0]["id"]
    assert_problem(await bob.call("DELETE", f"/me/sessions/{session}"), 404, "not_found")


async def test_a_changed_password_ends_the_other_sign_ins(house: House) -> None:
    await house.person("ann", password=PASSWORD)
    here, there = [(await log_in(house.client())).json() for _ in range(2)]
    client = house.client(Authorization=f"Bearer {here['access_token']}")
    body = {"current_password": "not her password", "new_password": "another horse battery"}
    assert_problem(await client.post("/api/v1/me/password", json=body), 401, "auth.wrong_password")
    body["current_password"] = PASSWORD
    assert (await client.post("/api/v1/me/password", json=body)).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 200
    other = house.client(Authorization=f"Bearer {there['access_token']}")
    assert_problem(await other.get("/api/v1/me"), 401, "auth.session_ended")


async def test_ones_own_account_is_not_overwritten_unseen(house: House, ann: Visitor) -> None:
    tag = (await ann.call("GET", "/me")).headers["ETag"]
    changed = await ann.call("PATCH", "/me", {"email": "ann@example.org"}, if_match=tag)
    assert changed.json()["email"] == "ann@example.org"
    assert changed.headers["ETag"] != tag
    assert_problem(await ann.call("PATCH", "/me", {"username": "anna"}, if_match=tag), 412, "conflict")
    assert_problem(
        await ann.call("PATCH", "/me", {"username": "anna"}, if_match="W/nonsense"), 412, "conflict"
    )
    assert (await ann.ok("PATCH", "/me", {"email": None}, if_match="*"))["email"] is None


async def test_no_token_is_kept_for_a_retry(house: House, ann: Visitor) -> None:
    await house.person("carol", password=PASSWORD)
    body = {"identifier": "carol", "password": PASSWORD}
    first, second = [await ann.ok("POST", "/auth/login", body, idempotency_key="k") for _ in range(2)]
    assert first["refresh_token"] != second["refresh_token"]


async def test_the_jwks_are_public_and_hold_no_secret(house: House) -> None:
    answer = await house.client().get("/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert key["kid"]
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
    assert "max-age" in answer.headers["Cache-Control"]
