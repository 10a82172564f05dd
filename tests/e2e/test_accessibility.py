"""What axe-core says of the main pages and dialogs: light and dark, wide and narrow, and over a picture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import open_browser
from tests.support.film_night import enter_as_guest, join_playback, make_room, serving_film, set_up
from tests.support.server import Server

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
FIND = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}"""
Scheme = Literal["light", "dark"]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving_film(tmp_path / "data", seconds=20) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


class Judge:
    """Looks at a page as it stands, and keeps what is serious under the name of what was looked at."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: dict[str, list[str]] = {}

    async def look(self, name: str) -> None:
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.add_script_tag(path=str(AXE))
        # What is still fading in has the colours of neither end.
        await self.page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
        if found := await self.page.evaluate(FIND):
            self.findings[name] = found


async def page_of(browser: Browser, scheme: Scheme, width: int, height: int) -> Page:
    """A page in which a test may run a script that the content security policy would refuse."""
    context = await browser.new_context(
        locale="en-GB",
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    return await context.new_page()


async def look_at_rooms(judge: Judge) -> str:
    """From the list of rooms to a room with a film in it; the link for friends."""
    page = judge.page
    await judge.look("rooms, none yet")
    await page.get_by_test_id("new-room").click()
    await judge.look("new room")
    await page.keyboard.press("Escape")
    await page.goto(page.url.replace("/rooms", "/account"))
    await expect(page.get_by_label("New password")).to_be_visible()
    await judge.look("account")
    await page.goto(page.url.replace("/account", "/rooms"))
    return await make_room(page)


async def look_at_dialogs(judge: Judge) -> None:
    """Everything that opens over a room."""
    page = judge.page
    await page.get_by_test_id("invite").click()
    await judge.look("invitation")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("room-menu").click()
    await judge.look("menu of the room")
    await page.get_by_role("menuitem", name="Room settings").click()
    await expect(page.get_by_test_id("room-settings")).to_be_visible()
    await judge.look("settings")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("stage").hover()
    await page.get_by_test_id("sync-settings").click()
    await judge.look("staying in step")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("member-menu").click()
    await page.get_by_role("menuitem", name="Ban").click()
    await judge.look("ban")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await judge.look("keys")
    await page.keyboard.press("Escape")


async def look_at_room(judge: Judge) -> None:
    """The three sides of the panel, with a film that runs."""
    page = judge.page
    await page.get_by_test_id("tab-playlist").click()
    await page.get_by_test_id("playlist-item").get_by_role("button").first.click()
    await page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    await join_playback(page)
    await judge.look("playlist")
    await page.get_by_test_id("tab-chat").click()
    await page.get_by_test_id("chat-input").fill("see https://example.org")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message")).to_be_visible()
    await judge.look("chat")
    await page.get_by_test_id("tab-people").click()
    await expect(page.get_by_test_id("person")).to_have_count(2)
    await judge.look("people")


async def look_at_doors(judge: Judge, server: Server, link: str) -> None:
    """What a stranger sees, who then stays as a guest."""
    page = judge.page
    await page.goto(f"{server.url}/login")
    await expect(page.get_by_label("Password")).to_be_visible()
    await judge.look("sign in")
    await page.goto(f"{server.url}/recover#a-token")
    await expect(page.get_by_label("New password")).to_be_visible()
    await judge.look("new password")
    await page.goto(link)
    await expect(page.get_by_label("Your name")).to_be_visible()
    await judge.look("door")
    await enter_as_guest(page, link)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1280, 800), ("dark", 390, 844)])
async def test_no_page_has_a_serious_fault(
    server: Server, browser: Browser, scheme: Scheme, width: int, height: int
) -> None:
    owner = Judge(await page_of(browser, scheme, width, height))
    guest = Judge(await page_of(browser, scheme, width, height))
    await owner.page.goto(server.setup_url)
    await expect(owner.page.get_by_label("User name")).to_be_visible()
    await owner.look("set-up")
    await set_up(owner.page, server)
    await look_at_doors(guest, server, await look_at_rooms(owner))
    await look_at_room(owner)
    await look_at_dialogs(owner)
    assert owner.findings | guest.findings == {}


@pytest.mark.timeout(60)
async def test_a_chat_that_lies_over_the_picture_can_be_read(server: Server, browser: Browser) -> None:
    owner = Judge(await page_of(browser, "light", 1280, 800))
    guest = await page_of(browser, "light", 1280, 800)
    await set_up(owner.page, server)
    await enter_as_guest(guest, await make_room(owner.page))
    await owner.page.set_viewport_size({"width": 844, "height": 390})
    await owner.page.get_by_test_id("panel").click()
    await look_at_room(owner)
    assert owner.findings == {}
