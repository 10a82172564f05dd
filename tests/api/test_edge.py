"""What every answer carries, who counts for which limit, and who sees the metrics."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.support.doors import House, Visitor, assert_problem, opened

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' http: https: blob:",
    "connect-src 'self' http: https: ws: wss:",
    "font-src 'self'",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}


def assert_guarded(answer: httpx.Response) -> None:
    headers = answer.headers
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Request-ID"]


async def test_every_answer_has_the_security_headers(house: House) -> None:
    client = house.client()
    for path in (
        "/",
        "/api/docs",
        "/api/v1/server",
        "/api/v1/me",
        "/api/v1/nothing",
        "/none.js",
        "/health/live",
    ):
        answer = await client.get(path, headers={"Accept": "text/html"})
        assert_guarded(answer)
        assert "Strict-Transport-Security" not in answer.headers
    assert_guarded(
        await client.post("/api/v1/auth/login", content=b"x", headers={"Content-Type": "text/plain"})
    )
    assert_guarded(await client.delete("/"))


async def test_a_browser_insists_on_tls_where_the_public_address_has_it(tmp_path: Path) -> None:
    async with opened(tmp_path, server__public_url="https://tv.example.org") as house:
        answer = await house.client().get("/api/v1/server")
        assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_the_probes_answer_and_turn_when_the_server_drains(house: House) -> None:
    client = house.client()
    for probe in ("live", "ready", "startup"):
        answer = await client.get(f"/health/{probe}")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        for check in answer.json()["checks"].values():
            assert {"status", "latency_ms"} <= check.keys()
    assert {"database", "migrations", "disk"} <= (await client.get("/health/ready")).json()["checks"].keys()
    await house.application.drain()
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "fail")
    assert (await client.get("/health/live")).status_code == 200


async def test_a_schema_that_was_changed_underneath_is_not_ready(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        with sqlite3.connect(tmp_path / "data" / "synctv.db") as ledger:
            ledger.execute(
                "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)"
            )
        ledger.close()
        answer = await house.client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"]["message"].startswith("the schema is pending")


async def test_metrics_are_for_this_machine_without_a_token(house: House) -> None:
    here = await house.client(address="127.0.0.1").get("/metrics")
    assert here.status_code == 200
    assert here.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "db_pool_size_max" in here.text
    assert_problem(await house.client(address="192.0.2.1").get("/metrics"), 403, "forbidden")
    proxied = house.client(address="127.0.0.1")
    assert_problem(await proxied.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}), 403, "forbidden")


async def test_requests_are_counted_by_route_and_never_by_path(house: House, ann: Visitor) -> None:
    await ann.call("GET", "/rooms/room_secret")
    await ann.http.get("/somewhere/else")
    await ann.http.request("SWORDFISH", "/api/v1/rooms")
    page = house.application.metrics.render().decode()
    assert 'method="GET",route="/api/v1/rooms/{room_id}",status="404"' in page
    assert 'route="other"' in page
    assert "room_secret" not in page
    assert "SWORDFISH" not in page


async def test_the_access_line_has_no_query(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "synctv.access"):
        await house.client().get("/api/v1/server?ticket=swordfish")
        await house.client().get("/api/v1/%0AGET%20/forged")
    lines = [record.getMessage() for record in caplog.records if record.name == "synctv.access"]
    assert lines[0].startswith("GET /api/v1/server 200 ")
    assert lines[1].startswith("GET /api/v1/%0AGET%20/forged 404 ")
    assert "swordfish" not in "".join(lines)


async def test_reads_and_writes_are_counted_for_each_account(tmp_path: Path) -> None:
    async with opened(tmp_path, limits__read_per_minute=3, limits__write_per_minute=2) as house:
        ann, bob = await house.person("ann"), await house.person("bob")
        for _ in range(3):
            await ann.ok("GET", "/me")
        problem = assert_problem(answer := await ann.call("GET", "/me"), 429, "rate_limited")
        assert int(answer.headers["Retry-After"]) == problem["retry_after"] > 0
        assert (await bob.call("GET", "/me")).status_code == 200
        for name in ("one", "two"):
            await ann.ok("POST", "/rooms", {"name": name, "visibility": "public"})
        body = {"name": "three", "visibility": "public"}
        assert_problem(await ann.call("POST", "/rooms", body), 429, "rate_limited")
        for _ in range(5):
            assert (await ann.http.get("/health/live")).status_code == 200
            assert (await ann.http.get("/", headers={"Accept": "text/html"})).status_code in (200, 503)
        page = house.application.metrics.render().decode()
        assert 'synctv_rate_limited_total{scope="read"} 1.0' in page


async def test_who_is_not_signed_in_is_counted_by_address(tmp_path: Path) -> None:
    proxy = "192.0.2.1"
    async with opened(tmp_path, limits__read_per_minute=2, server__trusted_proxies=proxy) as house:
        client = house.client()
        for last in (1, 1, 2, 2):
            headers = {"X-Forwarded-For": f"203.0.113.{last}"}
            assert (await client.get("/api/v1/server", headers=headers)).status_code == 200
        answer = await client.get("/api/v1/server", headers={"X-Forwarded-For": "203.0.113.1"})
        assert_problem(answer, 429, "rate_limited")
        # What a stranger says of itself is not believed: only the proxy's word counts.
        stranger = house.client(address="198.51.100.7")
        for last in (5, 6):
            await stranger.get("/api/v1/server", headers={"X-Forwarded-For": f"203.0.113.{last}"})
        answer = await stranger.get("/api/v1/server", headers={"X-Forwarded-For": "203.0.113.9"})
        assert_problem(answer, 429, "rate_limited")


async def test_sign_ins_and_guests_have_limits_of_their_own(tmp_path: Path) -> None:
    async with opened(tmp_path, limits__auth_per_minute=2, limits__guests_per_minute=1) as house:
        client = house.client()
        body = {"identifier": "nobody", "password": "whatever it is"}
        for _ in range(2):
            assert (await client.post("/api/v1/auth/login", json=body)).status_code == 401
        assert_problem(await client.post("/api/v1/auth/login", json=body), 429, "rate_limited")
        assert (
            await house.client(address="192.0.2.2").post("/api/v1/auth/login", json=body)
        ).status_code == 401
        ann = await house.person("ann")
        room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
        await house.guest(room["id"], "Gus")
        answer = await client.post("/api/v1/auth/guest", json={"room_id": room["id"]})
        assert_problem(answer, 429, "rate_limited")


async def test_no_limit_counts_on_the_control_socket(tmp_path: Path) -> None:
    async with opened(tmp_path, limits__read_per_minute=1, limits__write_per_minute=1) as house:
        operator = house.operator()
        for _ in range(4):
            await operator.ok("GET", "/admin/status")


async def test_limits_can_be_switched_off(tmp_path: Path) -> None:
    async with opened(tmp_path, limits__read_per_minute=1, limits__enabled=False) as house:
        for _ in range(4):
            assert (await house.client().get("/api/v1/server")).status_code == 200
