"""A real browser for the tests: the machine's Chromium, driven by Playwright, with its autoplay policy as shipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.support.programs import find_program

# Chromium's own services look for the internet at every start; a closed network makes that slow and loud.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """One headless Chromium; each context of it is another person."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(find_program("chromium")), args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()
