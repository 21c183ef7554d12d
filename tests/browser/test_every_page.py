"""Each page of the console, found by following links: light, dark, on a phone, and by axe.

A new page is here without a line: a link leads to it, or this says that none does.
"""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser_look import look
from browser_seed import Seeded
from console_routes import Page, every
from console_visitors import PASSWORD, TOKEN
from playwright.async_api import Browser
from playwright.async_api import Page as Tab

GETS = [page for page in every() if page.method == "GET"]
LINK = re.compile(r'(?:href|hx-get|src)="(/console[^"#]*)"')
TRIED = 6  # addresses of one route, until all of its links are known
# Those that lead elsewhere by themselves, or that a browser shows inside of others.
NO_PAGES = ("/login/oidc", "/login/oidc/back")
PAGES = [page for page in GETS if not page.is_fragment and page.path not in NO_PAGES]


def route_of(address: str) -> Page | None:
    path = httpx.URL(address).path.removeprefix("/console")
    fixed = [page for page in GETS if page.path == path]
    found = fixed or [page for page in GETS if page.pattern.fullmatch(path)]
    return found[0] if found else None


def links(html: str) -> Iterator[str]:
    for found in LINK.findall(html):
        address = found.replace("&amp;", "&")
        if not address.startswith("/console/assets/"):
            yield address


async def crawl(http: httpx.AsyncClient, start: str) -> dict[str, list[str]]:
    """Addresses by route."""
    reached: dict[str, list[str]] = {}
    waiting, seen = deque([start, "/console/login?next=/console/"]), {start}
    while waiting:
        address = waiting.popleft()
        route = route_of(address)
        if route is None or len(reached.get(route.path, ())) >= TRIED:
            continue
        answer = await http.get(address)
        if answer.status_code != 200:
            continue
        reached.setdefault(route.path, []).append(address)
        new = [link for link in links(answer.text) if link not in seen]
        seen.update(new)
        waiting.extend(new)
    return reached


@pytest.fixture(scope="module")
async def session(stack: Any, seeded: Seeded) -> httpx.Cookies:
    """Of an admin of all applications, who sees every page."""
    async with httpx.AsyncClient(base_url=stack.api) as http:
        email = await seeded.hire_everywhere("admin")
        token = TOKEN.search((await http.get("/console/login")).text)
        assert token
        fields = {"email": email, "password": PASSWORD, "form_token": token[1]}
        assert (await http.post("/console/login", data=fields)).status_code == 303
        return http.cookies


@pytest.fixture(scope="module")
async def addresses(stack: Any, seeded: Seeded, session: httpx.Cookies) -> dict[str, list[str]]:
    async with httpx.AsyncClient(base_url=stack.api, cookies=session) as http:
        found = await crawl(http, f"/console/?application={seeded.application}")
    found["/login"] = ["/console/login"]
    return found


@pytest.fixture(scope="module")
async def tab(chromium: Browser, stack: Any, session: httpx.Cookies) -> Any:
    context = await chromium.new_context(base_url=stack.api, locale="en-GB")
    await context.add_cookies(
        [
            {"name": c.name, "value": c.value or "", "url": stack.api}
            for c in session.jar
            if not c.name.endswith("-visitor")
        ]
    )
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="module")
async def guests_tab(chromium: Browser, stack: Any) -> Any:
    context = await chromium.new_context(base_url=stack.api, locale="en-GB")
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("page", PAGES, ids=str)
async def test_it_is_well_in_light_dark_and_on_a_phone(
    page: Page, tab: Tab, guests_tab: Tab, addresses: dict[str, list[str]], screens: Path | None
) -> None:
    if page.needs is None:
        tab = guests_tab
    assert page.path in addresses, "no link leads to it: link it, or seed what it needs"
    complaints: list[str] = []

    def complain(said: Any) -> None:
        if said.type == "error":
            complaints.append(said.text)

    def throw(error: Any) -> None:
        complaints.append(str(error))

    tab.on("console", complain)
    tab.on("pageerror", throw)
    answer = await tab.goto(addresses[page.path][0])
    assert answer
    assert answer.status == 200
    name = re.sub(r"\W+", "-", page.path).strip("-") or "home"
    await look(tab, name, screens)
    if screens:
        await in_chinese(tab, screens / f"{name}.chinese.png")
    tab.remove_listener("console", complain)
    tab.remove_listener("pageerror", throw)
    assert not complaints


async def in_chinese(tab: Tab, picture: Path) -> None:
    zone = await tab.get_attribute("html", "data-zone-cookie") or ""
    name = zone.replace("zone", "language")
    await tab.context.add_cookies([{"name": name, "value": "zh", "url": tab.url}])
    await tab.goto(tab.url)
    await tab.screenshot(path=picture, full_page=True)
    await tab.context.clear_cookies(name=name)
