"""What people do in their browsers on a film night, step by step: set up, open a room, invite, come by the link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.support.clips import make_clip
from tests.support.server import Server, serving

PASSWORD = "violet harbour clock"
FILM = "Harbour at night"


@asynccontextmanager
async def serving_film(data: Path, *, seconds: int = 120) -> AsyncIterator[Server]:
    """A new server with the film in its media folder."""
    (data / "media").mkdir(parents=True)
    make_clip(data / "media" / f"{FILM}.mp4", seconds=seconds)
    async with serving(data) as running:
        yield running


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
    await page.get_by_test_id("library-entries").get_by_text(FILM).click()
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


async def until_both(pages: tuple[Page, Page], condition: str) -> None:
    """Until the script's condition on `video` holds in both pages."""
    script = f"() => {{ const video = document.querySelector('video'); return video && ({condition}); }}"
    await asyncio.gather(*(page.wait_for_function(script, timeout=10_000) for page in pages))
