"""The web client's files over HTTP."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from synctv_server.api.web.files import WebClient
from tests.support.doors import assert_problem

PAGE = b"<!doctype html><title>SyncTV</title>" + b"<p>hello</p>" * 200
SCRIPT = b"export const answer = 42;\n" * 100
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "assets" / "app-4fGh.js").write_bytes(SCRIPT)
    (tmp_path / "favicon.svg").write_bytes(b"<svg/>")
    transport = httpx.ASGITransport(WebClient(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://tv.test") as client:
        yield client


async def test_a_path_of_the_client_is_its_page(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/rooms/room_01", "/setup", "/register"):
        answer = await browser.get(path, headers=HTML)
        assert (answer.status_code, answer.content) == (200, PAGE)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_hashed_asset_is_kept_for_ever(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/app-4fGh.js")
    assert answer.content == SCRIPT
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in (await browser.get("/favicon.svg")).headers["Cache-Control"]


async def test_a_file_that_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    tag = (await browser.get("/")).headers["ETag"]
    answer = await browser.get("/", headers={"If-None-Match": f'"x", {tag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert (await browser.get("/", headers={"If-None-Match": '"x"'})).status_code == 200


async def test_text_is_compressed_for_who_takes_it(browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/assets/app-4fGh.js", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(raw) == SCRIPT
    assert len(raw) < len(SCRIPT)
    plain = await browser.get("/assets/app-4fGh.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    small = await browser.get("/favicon.svg", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


async def test_a_file_that_is_not_there_is_not_found(browser: httpx.AsyncClient) -> None:
    for path in ("/assets/old-9zZz.js", "/none.png", "/../files.py", "/%2e%2e/files.py"):
        assert_problem_without_id(await browser.get(path, headers=HTML))
    assert_problem_without_id(await browser.get("/rooms/room_01", headers={"Accept": "application/json"}))


async def test_a_head_request_has_no_body(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/setup"):
        answer = await browser.head(path, headers={"Accept-Encoding": "identity"})
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(PAGE))
    assert (await browser.head("/none.png")).status_code == 404


async def test_nothing_but_reading_is_taken(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/", json={})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_a_server_without_the_built_client_says_how_to_build_it(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(WebClient(tmp_path / "none"))
    async with httpx.AsyncClient(transport=transport, base_url="http://tv.test") as client:
        answer = await client.get("/rooms/room_01", headers=HTML)
    assert answer.status_code == 503
    assert "make setup" in answer.text


def assert_problem_without_id(answer: httpx.Response) -> None:
    """Here no edge gives ids."""
    answer.headers["X-Request-ID"] = ""
    assert_problem(answer, 404, "not_found")
