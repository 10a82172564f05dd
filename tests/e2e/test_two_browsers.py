"""From nothing to two people in step: one serves, sets up, opens a room and invites; the other comes by the link.

The drift is read from both pages' `video.currentTime` against one clock, not from what the pages say of themselves.
"""

from __future__ import annotations

import asyncio
import re
import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import open_browser
from tests.support.clips import make_clip
from tests.support.server import Server, serving

PASSWORD = "violet harbour clock"
SETTLE_MS = 10_000
DRIFT_MOST_MS = 80

# The wall clock is the same for both pages: they run on one machine.
READ_PLAYER = """() => {
  const video = document.querySelector('video');
  return { at: performance.timeOrigin + performance.now(), position: video.currentTime, paused: video.paused };
}"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    (tmp_path / "data" / "media").mkdir(parents=True)
    make_clip(tmp_path / "data" / "media" / "Harbour at night.mp4")
    async with serving(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


async def new_page(browser: Browser) -> tuple[Page, list[str]]:
    """A person with a browser of their own, and what its console complains of."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


async def set_up(page: Page, server: Server) -> None:
    await page.goto(server.setup_url)
    await page.get_by_label("User name").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    await page.wait_for_url("**/rooms")


async def make_room(page: Page) -> str:
    """A private room with the clip in it; the link for friends."""
    await page.get_by_test_id("new-room").click()
    await page.get_by_label("Name of the room").fill("Film night")
    await page.get_by_role("dialog").locator("button[type=submit]").click()
    await page.wait_for_url("**/rooms/room_*")
    await page.get_by_test_id("tab-playlist").click()
    await page.get_by_test_id("library").click()
    await page.get_by_test_id("library-entries").get_by_text("Harbour at night").click()
    await page.keyboard.press("Escape")
    await page.get_by_test_id("invite").click()
    link = await page.get_by_test_id("invite-link").input_value()
    await page.keyboard.press("Escape")
    return link


async def enter_as_guest(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_label("Your name").fill("Ben")
    await page.get_by_role("button", name="Continue as guest").click()
    await expect(page.get_by_test_id("present-count")).to_contain_text("2")


async def join_playback(page: Page) -> None:
    """The one click that a browser's autoplay policy may ask for."""
    join = page.get_by_test_id("join-playback")
    if await join.is_visible():
        await join.click()


async def drifts(first: Page, second: Page, *, readings: int = 20) -> list[float]:
    """Milliseconds by which the second picture is ahead of the first, read a number of times."""
    found = []
    for _ in range(readings):
        a, b = await asyncio.gather(first.evaluate(READ_PLAYER), second.evaluate(READ_PLAYER))
        found.append((b["position"] - a["position"]) * 1000 - (b["at"] - a["at"]))
        await first.wait_for_timeout(100)
    return found


async def until_both(pages: tuple[Page, Page], condition: str) -> None:
    """Until the script's condition on `video` holds in both pages."""
    script = f"() => {{ const video = document.querySelector('video'); return video && ({condition}); }}"
    await asyncio.gather(*(page.wait_for_function(script, timeout=10_000) for page in pages))


@pytest.mark.timeout(180)
async def test_owner_and_guest_see_the_same_picture_and_talk(server: Server, browser: Browser) -> None:
    ann, ann_complaints = await new_page(browser)
    ben, ben_complaints = await new_page(browser)
    await set_up(ann, server)
    link = await make_room(ann)
    await enter_as_guest(ben, link)
    pages = (ann, ben)

    await ann.get_by_test_id("playlist-item").get_by_role("button").first.click()
    await until_both(pages, "video.readyState >= 2")
    await asyncio.gather(join_playback(ann), join_playback(ben))
    await until_both(pages, "!video.paused && video.currentTime > 0")

    await ann.wait_for_timeout(SETTLE_MS)
    measured = await drifts(ann, ben)
    assert statistics.median(map(abs, measured)) < DRIFT_MOST_MS, measured
    assert max(map(abs, measured)) < DRIFT_MOST_MS, measured

    await ben.get_by_test_id("stage").hover()
    await ben.get_by_test_id("play").click()
    await until_both(pages, "video.paused")
    positions = [(await page.evaluate(READ_PLAYER))["position"] for page in pages]
    assert abs(positions[0] - positions[1]) < 0.1, positions

    await ann.get_by_test_id("stage").hover()
    await ann.get_by_test_id("seek").focus()
    await ann.keyboard.press("End")
    await until_both(pages, "video.currentTime > 100")

    await ben.get_by_test_id("tab-chat").click()
    await ben.get_by_test_id("chat-input").fill("good evening")
    await ben.keyboard.press("Enter")
    await ann.get_by_test_id("tab-chat").click()
    await expect(ann.get_by_test_id("chat-log")).to_contain_text("good evening")
    await expect(ann.get_by_test_id("message").filter(has_text="good evening")).to_contain_text("Ben")
    assert not [line for line in ann_complaints + ben_complaints if re.search("Security Policy|Error", line)]
