"""Every refusal is one kind of document, and says no more than it should."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from litestar import get

from synctv_server.api.door import open_door
from synctv_server.api.edge import Edge
from synctv_server.net.client_ip import TrustedProxies
from tests.support.doors import House, Visitor, assert_problem

JSON = {"Content-Type": "application/json"}


async def test_a_path_of_no_route_is_not_found(house: House) -> None:
    for path in ("/api/v1/nothing", "/api/nothing", "/health/nothing", "/.well-known/nothing"):
        assert_problem(await house.client().get(path, headers={"Accept": "text/html"}), 404, "not_found")


async def test_a_method_that_a_path_does_not_take_is_told_with_those_it_takes(house: House) -> None:
    answer = await house.client().put("/api/v1/rooms", json={})
    assert_problem(answer, 405, "invalid.method")
    assert {"GET", "POST"} <= set(re.split(r", ", answer.headers["Allow"]))


async def test_a_body_that_does_not_parse_is_malformed(house: House) -> None:
    for body in (b"{nope", b"\xff\xfe", b'{"identifier": "ann"', b"[1,"):
        answer = await house.client().post("/api/v1/auth/refresh", content=body, headers=JSON)
        assert_problem(answer, 400, "invalid")


async def test_a_body_of_another_type_is_refused(house: House) -> None:
    body = b'{"refresh_token": "whatever it is"}'
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"Content-Type": content_type} if content_type else {}
        answer = await house.client().post("/api/v1/auth/refresh", content=body, headers=headers)
        assert_problem(answer, 415, "invalid")


async def test_a_broken_rule_names_its_field(ann: Visitor) -> None:
    bodies: list[tuple[Any, str]] = [
        ({"visibility": "public"}, "name"),
        ({"name": 7, "visibility": "public"}, "name"),
        ({"name": "Films", "visibility": "loud"}, "visibility"),
        ({"name": "Films", "visibility": "public", "admin": True}, "admin"),
        ({"name": "\u202eFilms", "visibility": "public"}, "name"),
        ([], "body"),
        (None, "body"),
    ]
    for body, field in bodies:
        problem = assert_problem(await ann.call("POST", "/rooms", body), 422, "invalid")
        assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_field_inside_another_is_named_by_its_path(ann: Visitor) -> None:
    body = {"name": "Films", "visibility": "public", "settings": {"max_members": 0}}
    problem = assert_problem(await ann.call("POST", "/rooms", body), 422, "invalid")
    assert problem["errors"][0]["field"] == "settings.max_members"


async def test_an_unknown_field_inside_another_is_named_by_its_path(ann: Visitor) -> None:
    body = {"name": "Films", "visibility": "public", "settings": {"loud": True}}
    problem = assert_problem(await ann.call("POST", "/rooms", body), 422, "invalid")
    assert problem["errors"][0]["field"] == "settings.loud"


async def test_a_bad_query_is_invalid(ann: Visitor) -> None:
    for query in ("limit=0", "limit=101", "limit=many", "cursor=%00%ff", "cursor=nonsense"):
        problem = assert_problem(await ann.call("GET", f"/rooms?{query}"), 422, "invalid")
        assert problem["errors"][0]["field"] == query.partition("=")[0]


async def test_a_body_beyond_the_limit_is_too_large(house: House) -> None:
    body = b'{"identifier": "' + b"a" * 1_100_000 + b'"}'
    answer = await house.client().post("/api/v1/auth/login", content=body, headers=JSON)
    assert_problem(answer, 413, "too_large")


async def test_an_error_of_ours_says_nothing_of_what_went_wrong(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    @get("/api/v1/broken")
    async def broken() -> None:
        raise RuntimeError("the password is swordfish")

    application = house.application
    door = open_door([broken], application.parts, [])
    edge = Edge(door, proxies=TrustedProxies(()), metrics=application.metrics, is_https=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://tv.test") as client:
        answer = await client.get("/api/v1/broken", headers={"X-Request-ID": "the-one-that-failed"})
    assert_problem(answer, 500, "internal")
    assert "swordfish" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "swordfish" in caplog.text
    assert b'synctv_internal_errors_total{door="http"} 1.0' in application.metrics.render()


async def test_a_request_id_is_taken_over(house: House) -> None:
    answer = await house.client().get("/api/v1/server", headers={"X-Request-ID": "from-the-proxy.7"})
    assert answer.headers["X-Request-ID"] == "from-the-proxy.7"


async def test_a_request_id_that_is_none_is_replaced(house: House) -> None:
    for given in ("", "two words", "x" * 65, "<script>", "käse"):
        answer = await house.client().get(
            "/api/v1/server", headers=[(b"X-Request-ID", given.encode("latin-1"))]
        )
        assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


async def test_each_request_has_an_id_of_its_own(house: House) -> None:
    client = house.client()
    ids = {(await client.get("/api/v1/server")).headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5
