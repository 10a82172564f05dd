"""Playlists and the server's own films over HTTP: signed links, ranges, and no way out of the folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from synctv_server.domain.times import HOUR, Millis
from tests.support.doors import House, Visitor, assert_problem, opened

FILM = bytes(range(256)) * 4_096  # 1 MiB: several chunks


class Shelf:
    """A room with one film of the library in it, and its signed link."""

    def __init__(self, house: House, ann: Visitor, room: str, item: dict[str, str]) -> None:
        self.house = house
        self.ann = ann
        self.room = room
        self.item = item
        self.link = item["play_url"]
        self.anybody = house.client()

    async def get(self, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.anybody.get(self.link, headers=named)


class Clock:
    moment: Millis = 1_790_000_000_000

    def __call__(self) -> Millis:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def shelf(tmp_path: Path, clock: Clock) -> AsyncIterator[Shelf]:
    folder = tmp_path / "data" / "media" / "films"
    folder.mkdir(parents=True)
    (folder / "night.mp4").write_bytes(FILM)
    (tmp_path / "data" / "outside.mp4").write_bytes(b"not for you")
    (folder / "way-out.mp4").symlink_to(tmp_path / "data" / "outside.mp4")
    async with opened(tmp_path, clock=clock) as house:
        ann = await house.person("ann")
        room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
        item = await ann.ok("POST", f"/rooms/{room['id']}/media", {"url": "library:films/night.mp4"})
        yield Shelf(house, ann, room["id"], item)


async def test_an_item_of_the_library_is_played_by_a_signed_path(shelf: Shelf) -> None:
    assert shelf.item["url"] == "library:films/night.mp4"
    assert shelf.link.startswith(f"/api/v1/rooms/{shelf.room}/media/{shelf.item['id']}/file?")
    answer = await shelf.get()
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Length"] == str(len(FILM))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]


async def test_a_link_is_played_from_where_it_is(shelf: Shelf) -> None:
    url = "https://films.example/a%20film.mp4"
    item = await shelf.ann.ok("POST", f"/rooms/{shelf.room}/media", {"url": url, "title": "A film"})
    assert (item["url"], item["play_url"], item["title"], item["kind"]) == (url, url, "A film", "video")


async def test_one_range_is_answered_with_its_bytes(shelf: Shelf) -> None:
    end = len(FILM) - 1
    ranges = {
        "bytes=0-0": (0, 0),
        "bytes=0-1023": (0, 1023),
        "bytes=262143-262145": (262_143, 262_145),
        "bytes=1048575-": (end, end),
        "bytes=-5": (end - 4, end),
        "bytes=-9999999999": (0, end),
        "bytes=5-99999999999": (5, end),
    }
    for asked, (first, last) in ranges.items():
        answer = await shelf.get(Range=asked)
        assert answer.status_code == 206, asked
        assert answer.content == FILM[first : last + 1]
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(FILM)}"
        assert answer.headers["Content-Length"] == str(last - first + 1)


async def test_a_range_beyond_the_end_cannot_be_satisfied(shelf: Shelf) -> None:
    for asked in (f"bytes={len(FILM)}-", "bytes=99999999999-", "bytes=-0"):
        answer = await shelf.get(Range=asked)
        assert (answer.status_code, answer.content) == (416, b""), asked
        assert answer.headers["Content-Range"] == f"bytes */{len(FILM)}"


async def test_a_range_that_is_none_is_answered_with_all(shelf: Shelf) -> None:
    for asked in ("bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=" + "9" * 5_000 + "-"):
        answer = await shelf.get(Range=asked)
        assert (answer.status_code, len(answer.content)) == (200, len(FILM)), asked


async def test_a_browser_that_has_the_film_gets_no_bytes(shelf: Shelf) -> None:
    tag = (await shelf.get(Range="bytes=0-0")).headers["ETag"]
    again = await shelf.get(If_None_Match=f'"other", {tag}')
    assert (again.status_code, again.content) == (304, b"")
    assert (await shelf.get(If_Range=tag, Range="bytes=0-0")).status_code == 206
    assert (await shelf.get(If_Range='"older"', Range="bytes=0-0")).status_code == 200


async def test_a_head_request_tells_the_same_without_the_bytes(shelf: Shelf) -> None:
    answer = await shelf.anybody.head(shelf.link)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(FILM))
    assert answer.headers["Content-Type"] == "video/mp4"


async def test_a_browser_that_goes_away_leaves_no_file_open(shelf: Shelf) -> None:
    before = _open_files()
    path, _, query = shelf.link.partition("?")
    sent, has_begun = 0, asyncio.Event()

    async def receive() -> dict[str, object]:
        await has_begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent:
            has_begun.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"tv.test")],
        "scheme": "http",
        "client": ("192.0.2.1", 1),
    }
    await shelf.house.application.public(scope, receive, send)
    assert 0 < sent < len(FILM)
    assert _open_files() == before


async def test_any_fault_of_the_link_is_forbidden(shelf: Shelf) -> None:
    path, _, query = shelf.link.partition("?")
    given = dict(parse_qsl(query))
    for name, value in given.items():
        for other in ("", "9" + value, value * 2, "\x00", "é"):
            link = f"{path}?{urlencode({**given, name: other})}"
            assert_problem(await shelf.anybody.get(link), 403, "media.link_expired")


async def test_a_link_is_good_for_its_item_alone(shelf: Shelf) -> None:
    other = await shelf.ann.ok("POST", f"/rooms/{shelf.room}/media", {"url": "library:films/night.mp4"})
    path = urlsplit(other["play_url"]).path
    query = urlsplit(shelf.link).query
    assert_problem(await shelf.anybody.get(f"{path}?{query}"), 403, "media.link_expired")
    assert_problem(await shelf.anybody.get(path), 403, "media.link_expired")


async def test_a_link_is_over_after_twelve_hours_and_the_item_has_another(shelf: Shelf, clock: Clock) -> None:
    clock.moment += 5 * HOUR
    assert (await shelf.get(Range="bytes=0-0")).status_code == 206
    clock.moment += 8 * HOUR
    assert_problem(await shelf.get(), 403, "media.link_expired")
    parts = shelf.house.application.parts
    item = await parts.media.media.get_item(shelf.room, shelf.item["id"])  # type: ignore[arg-type]
    assert item.url == "library:films/night.mp4"


async def test_an_item_that_was_taken_out_is_not_found(shelf: Shelf) -> None:
    await shelf.ann.ok("DELETE", f"/rooms/{shelf.room}/media/{shelf.item['id']}")
    assert_problem(await shelf.get(), 404, "media.not_found")


async def test_nothing_outside_of_the_library_can_be_added(shelf: Shelf) -> None:
    outside = ["../outside.mp4", "films/../../outside.mp4", "/etc/passwd", "films/way-out.mp4", "synctv.db"]
    for path in [*outside, "films", "films/none.mp4", "films\\night.mp4", "films/night.mp4\x00", ""]:
        answer = await shelf.ann.call("POST", f"/rooms/{shelf.room}/media", {"url": f"library:{path}"})
        assert_problem(answer, 422, "invalid")


async def test_nothing_outside_of_the_library_is_listed(shelf: Shelf) -> None:
    for path in ("..", "../", "/", "films/..", "films/../..", "%2e%2e"):
        answer = await shelf.ann.call("GET", f"/library?path={path}")
        assert answer.status_code in (404, 422), path


async def test_the_library_lists_folders_and_films_to_those_who_may_add(shelf: Shelf) -> None:
    folder = (await shelf.ann.ok("GET", "/library"))["items"][0]
    assert (folder["name"], folder["is_folder"], folder["url"]) == ("films", True, None)
    (film,) = (await shelf.ann.ok("GET", "/library?path=films"))["items"]
    assert (film["name"], film["url"], film["size_bytes"]) == (
        "night.mp4",
        "library:films/night.mp4",
        len(FILM),
    )
    bob = await shelf.house.person("bob")
    assert_problem(await bob.call("GET", "/library"), 403, "forbidden")


async def test_items_are_moved_and_edited_under_their_version(shelf: Shelf) -> None:
    path = f"/rooms/{shelf.room}/media"
    added = await shelf.ann.call("POST", path, {"url": "https://films.example/b.webm"})
    second = added.json()["id"]
    moved = await shelf.ann.ok("POST", f"{path}/{second}/move", {"after": None})
    assert [item["id"] for item in (await shelf.ann.ok("GET", path))["items"]] == [second, shelf.item["id"]]
    stale = await shelf.ann.call("PATCH", f"{path}/{second}", {"title": "B"}, if_match=added.headers["ETag"])
    assert_problem(stale, 412, "conflict")
    tag = f'"{moved["version"]}"'
    edited = await shelf.ann.call("PATCH", f"{path}/{second}", {"title": "B"}, if_match=tag)
    assert edited.json()["title"] == "B"
    await shelf.ann.ok("POST", f"{path}/{second}/move", {"after": shelf.item["id"]})
    assert [item["id"] for item in (await shelf.ann.ok("GET", path))["items"]] == [shelf.item["id"], second]


async def test_an_address_that_is_none_is_invalid(shelf: Shelf) -> None:
    for url in ("ftp://a/b.mp4", "javascript:alert(1)", "https://ann:pw@films.example/a.mp4", "x", ""):
        answer = await shelf.ann.call("POST", f"/rooms/{shelf.room}/media", {"url": url})
        problem = assert_problem(answer, 422, "invalid")
        assert problem["errors"][0]["field"] == "url"


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
