"""What the room's page lets people do for themselves and to each other, and what it weighs."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from synctv_server.api.web.files import DIST
from tests.support.browser import open_browser
from tests.support.film_night import (
    enter_as_guest,
    join_playback,
    make_room,
    new_page,
    serving_film,
    set_up,
    until_both,
)
from tests.support.server import Server

PAGE_MOST_BYTES = 150 * 1024
LOADED_AT_ONCE = re.compile(r'(?:src|href)="(/[^"]+)"')
IS_PAUSED = "() => document.querySelector('video').paused"
POSITION = "() => document.querySelector('video').currentTime"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving_film(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest.fixture
async def evening(server: Server, browser: Browser) -> tuple[Page, Page]:
    """The owner and a guest, with a film that runs for both."""
    ann, _ = await new_page(browser)
    ben, _ = await new_page(browser)
    await set_up(ann, server)
    await enter_as_guest(ben, await make_room(ann))
    await ann.get_by_test_id("playlist-item").get_by_role("button").first.click()
    await until_both((ann, ben), "video.readyState >= 2")
    await join_playback(ann)
    await join_playback(ben)
    await until_both((ann, ben), "!video.paused && video.currentTime > 0")
    return ann, ben


async def choose(page: Page, who: str, what: str) -> None:
    """An action of the menu beside a person."""
    await page.get_by_test_id("tab-people").click()
    await page.get_by_test_id("person").filter(has_text=who).get_by_test_id("member-menu").click()
    await page.get_by_role("menuitem", name=what).click()


def test_the_page_before_the_player_weighs_less_than_150_kib() -> None:
    page = (DIST / "index.html").read_bytes()
    parts = [page, *((DIST / path[1:]).read_bytes() for path in LOADED_AT_ONCE.findall(page.decode()))]
    assert len(parts) >= 4, "the page, its script, its style and its icon"
    weight = sum(len(gzip.compress(part, compresslevel=6)) for part in parts)
    assert weight < PAGE_MOST_BYTES, weight


async def test_who_watches_alone_moves_nobody_and_comes_back(evening: tuple[Page, Page]) -> None:
    ann, ben = evening
    await ben.get_by_test_id("stage").hover()
    await ben.get_by_test_id("sync-settings").click()
    await ben.get_by_test_id("free").check()
    await ben.keyboard.press("Escape")
    await ben.keyboard.press("k")
    await ben.wait_for_function(IS_PAUSED)
    await ben.keyboard.press("l")
    await ann.wait_for_timeout(1_000)
    assert not await ann.evaluate(IS_PAUSED)
    assert await ann.evaluate(POSITION) < await ben.evaluate(POSITION)

    await ben.get_by_role("button", name="Back to the room").click()
    await until_both(evening, "!video.paused")
    apart = "() => Math.abs(Number(document.querySelector('[data-testid=sync]').dataset.driftMs ?? 1e9)) < 80"
    await ben.wait_for_function(apart, timeout=15_000)


async def test_an_offset_moves_the_picture_and_is_kept(evening: tuple[Page, Page]) -> None:
    ann, _ = evening
    await ann.get_by_test_id("stage").hover()
    await ann.get_by_test_id("sync-settings").click()
    await ann.get_by_test_id("offset").fill("250")
    panel = ann.get_by_test_id("sync-panel")
    await expect(panel).to_contain_text("+250 ms")
    await ann.reload()
    await ann.get_by_test_id("stage").hover()
    await ann.get_by_test_id("sync-settings").click()
    await expect(panel).to_contain_text("+250 ms")
    await panel.get_by_role("button", name="Reset").click()
    await expect(ann.get_by_test_id("offset")).to_have_value("0")


async def test_keys_reach_the_player_and_not_the_one_who_writes(evening: tuple[Page, Page]) -> None:
    ann, _ = evening
    await ann.get_by_test_id("tab-chat").click()
    await ann.keyboard.press("m")
    await expect(ann.get_by_test_id("mute")).to_have_accessible_name("Unmute (m)")
    await ann.keyboard.press("?")
    await expect(ann.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await ann.keyboard.press("Escape")
    await ann.keyboard.press("c")
    await expect(ann.get_by_test_id("chat-input")).to_be_hidden()
    await ann.keyboard.press("c")
    await ann.get_by_test_id("chat-input").fill("")
    await ann.get_by_test_id("chat-input").press_sequentially("mk c?")
    await expect(ann.get_by_test_id("chat-input")).to_have_value("mk c?")
    assert not await ann.evaluate(IS_PAUSED)


async def test_a_lying_phone_has_the_chat_over_the_whole_picture(evening: tuple[Page, Page]) -> None:
    ann, _ = evening
    await ann.set_viewport_size({"width": 844, "height": 390})
    await expect(ann.get_by_role("tablist")).to_be_hidden()
    stage = await ann.get_by_test_id("stage").bounding_box()
    assert stage == {"x": 0, "y": 0, "width": 844, "height": 390}
    await ann.get_by_test_id("stage").hover()
    await ann.get_by_test_id("panel").click()
    await ann.get_by_test_id("tab-chat").click()
    await expect(ann.get_by_test_id("chat-input")).to_be_visible()
    assert await ann.get_by_test_id("stage").bounding_box() == stage


async def test_the_owner_mutes_removes_and_lets_nobody_back(evening: tuple[Page, Page]) -> None:
    ann, ben = evening
    await choose(ann, "Ben", "Mute for 10 minutes")
    await expect(ben.get_by_text("You cannot write in this room.")).to_be_visible()
    await choose(ann, "Ben", "Unmute")
    await expect(ben.get_by_test_id("chat-input")).to_be_visible()
    await choose(ann, "Ben", "Ban from the room")
    await ann.get_by_test_id("confirm").get_by_label("Reason").fill("spoils the end")
    await ann.get_by_test_id("confirm").locator("button[type=submit]").click()
    await expect(ben.get_by_test_id("room-ended")).to_be_visible()
    await expect(ben.get_by_text("You have been banned from this room.")).to_be_visible()
    await ann.get_by_test_id("room-menu").click()
    await ann.get_by_role("menuitem", name="Room settings").click()
    await expect(ann.get_by_test_id("room-settings")).to_contain_text("spoils the end")
    await ann.get_by_role("button", name="Lift the ban").click()
    await expect(ann.get_by_test_id("room-settings")).to_contain_text("Nobody is banned.")


async def test_the_owner_renames_closes_and_opens_the_room(evening: tuple[Page, Page]) -> None:
    ann, ben = evening
    await ann.get_by_test_id("room-menu").click()
    await ann.get_by_role("menuitem", name="Room settings").click()
    await ann.get_by_label("Name of the room").fill("Second night")
    await ann.get_by_role("button", name="Save").click()
    await expect(ben.get_by_role("heading", name="Second night")).to_be_visible()
    await ann.get_by_test_id("close-room").click()
    await ann.get_by_test_id("confirm").locator("button[type=submit]").click()
    await expect(ben.get_by_text("The room has been closed.")).to_be_visible()
    await expect(ben.get_by_test_id("reopen")).to_have_count(0)
    await ann.get_by_test_id("reopen").click()
    await expect(ann.get_by_test_id("chat-input")).to_be_attached()
    await ben.get_by_role("button", name="Try again").click()
    await expect(ben.get_by_test_id("chat-input")).to_be_visible()


async def test_a_server_that_is_gone_is_told_with_the_next_try(
    server: Server, evening: tuple[Page, Page]
) -> None:
    ann, _ = evening
    await server.stop()
    line = ann.get_by_test_id("line")
    await expect(line).to_contain_text(re.compile(r"Next try in \d+ s"))
    await expect(line.get_by_role("status")).to_have_text(
        re.compile("The server (restarts|cannot be reached)")
    )
    await expect(line.get_by_role("button", name="Try now")).to_be_visible()
