"""A browser, a whole stack, and something on each page of the console."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browser_seed import Seeded, seed
from chromium import WANTED, arguments, path
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    executable = path()
    if executable is None:
        pytest.skip(WANTED)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=arguments())
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def seeded(stack: Any, chromium: Browser) -> Seeded:
    """An application with something of everything, and its staff."""
    return await seed(stack)


@dataclass
class Window:
    """A browser's window, and what it complained of."""

    page: Page
    complaints: list[str]

    @property
    def url(self) -> str:
        return self.page.url


async def window_of(context: BrowserContext) -> Window:
    page = await context.new_page()
    window = Window(page, [])
    page.on("pageerror", lambda error: window.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: window.complaints.append(said.text) if said.type == "error" else None,
    )
    return window


@pytest.fixture
async def window(chromium: Browser, stack: Any) -> AsyncIterator[Window]:
    """One nobody has used; it fails what violates the policy or throws."""
    context = await chromium.new_context(
        base_url=stack.api, viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Berlin"
    )
    context.set_default_timeout(10_000)
    window = await window_of(context)
    yield window
    await context.close()
    assert not window.complaints


@pytest.fixture(scope="session")
def screens() -> Path | None:
    """Where pictures are kept, if somebody wants them: SCREENS=folder make test."""
    folder = os.environ.get("SCREENS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) if folder else None
