"""Somebody who lost the password opens the link of `synctv user recover`, chooses a new one and is in again."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.support.browser import open_browser
from tests.support.server import serving, synctv

NEW = "a quiet lake at noon"


async def test_link_leads_to_a_new_password_and_is_dead_then(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "data.log"
    async with serving(data), open_browser() as browser:
        made = await synctv(data, "user", "create", "ann", "--password-stdin", stdin="violet harbour clock\n")
        assert made.code == 0
        link = (await synctv(data, "user", "recover", "ann")).document["result"]["url"]
        page = await (await browser.new_context(locale="en-GB")).new_page()
        await page.goto(link)
        await page.get_by_label("New password").fill("short")
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_text("Must have 10 to 128 characters")).to_be_visible()
        await page.get_by_label("New password").fill(NEW)
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_text("Your new password is set")).to_be_visible()
        await page.get_by_label("Name or e-mail address").fill("ann")
        await page.get_by_label("Password").fill(NEW)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/rooms")

        again = await (await browser.new_context(locale="zh-CN")).new_page()
        await again.goto(link)
        await again.get_by_label("新密码").fill(NEW)
        await again.get_by_role("button", name="设置密码").click()
        await expect(again.get_by_role("alert")).to_contain_text("链接已使用")
    assert link.partition("#")[2] not in log.read_text()
