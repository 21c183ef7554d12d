"""No template that no browser has shown: those of pages, and those that forms answer.

A page's own are those that its route names: `test_every_page` visits it. What else there is has its
way here.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browser_login import log_in
from browser_look import look
from browser_seed import Seeded
from fastapi.routing import APIRoute
from jinja2 import meta
from playwright.async_api import Page, expect

from api.console import app, rendering
from api.console.routes import FRAGMENT

NAMED = re.compile(r'"([\w/]+\.html)"')
CALLED = re.compile(r"\b(_\w+)\(")
ALL = {str(path.relative_to(rendering.FOLDER)) for path in rendering.FOLDER.rglob("*.html")}
# A stack has applications: tests/console/test_empty_platform.py shows it.
ELSEWHERE = {"home/nothing.html"}
LINES = b'{"external_id": "from-a-file", "name": "Ada"}\n{"external_id": "x", "locale": "?"}\nx\n'


@dataclass
class Visitor:
    """An admin; `plainly`: forms are sent by the browser alone, so that a whole page answers."""

    tab: Page
    application: str
    plainly: bool = False

    async def open(self, path: str) -> None:
        await self.tab.goto(f"/console{path}?application={self.application}")

    async def send(self, path: str) -> None:
        form = self.tab.locator(f"form[action^='/console{path}']").first
        if self.plainly:
            async with self.tab.expect_navigation():
                await form.evaluate("form => HTMLFormElement.prototype.submit.call(form)")
        else:
            await form.locator("button").first.click()


async def made_key(visitor: Visitor) -> None:
    tab = visitor.tab
    await visitor.open("/keys/new")
    await tab.get_by_label("Name").fill("till")
    await tab.get_by_label("Whose").fill("the shop")
    await tab.get_by_label("audit:read").check()
    await visitor.send("/keys")
    await expect(tab.locator(".secret")).to_be_visible()


async def new_password(visitor: Visitor) -> None:
    tab = visitor.tab
    await visitor.open("/staff/new")
    await tab.get_by_label("Email").fill(
        f"new-{'plain' if visitor.plainly else 'htmx'}@example.com"
    )
    await tab.fill("[name=name]", "Grace")
    await visitor.send("/staff")
    await expect(tab.locator(".secret")).to_be_visible()


async def code_for_a_signal(visitor: Visitor) -> None:
    await visitor.open("/approvals")
    await visitor.tab.get_by_role("link", name="Opening hours").click()
    path = re.sub(r"^.*/console(.*)/approval\b.*$", r"\1", visitor.tab.url)
    await visitor.send(f"{path}/approval-code")
    await expect(visitor.tab.get_by_role("heading", name="code")).to_be_visible()


async def verified_log(visitor: Visitor) -> None:
    await visitor.open("/audit-log")
    await visitor.send("/audit-log/verify")
    await expect(visitor.tab.get_by_text("The audit log is whole")).to_be_visible()


async def file_of_profiles(visitor: Visitor) -> None:
    tab = visitor.tab
    await visitor.open("/profiles/bulk")
    await tab.set_input_files("input[type=file]", {"name": "a", "mimeType": "", "buffer": LINES})
    await tab.get_by_role("button", name="Upload it").click()
    await expect(tab.get_by_role("heading", name="Refused lines")).to_be_visible()
    assert await tab.evaluate("document.activeElement.id") == "main"


async def problem(visitor: Visitor) -> None:
    tab = visitor.tab
    await visitor.open("/vendor-accounts/new/smtp")
    for name, text in {"name": "x", "config.host": "x", "config.sender": "x@x.example"}.items():
        await tab.fill(f"[name='{name}']", text)
    await tab.fill("[name='config.message_id_domain']", "no domain")
    await visitor.send("/vendor-accounts")
    if not visitor.plainly:
        await expect(tab.get_by_role("alert")).to_be_visible()
        await expect(tab.locator("[name='config.message_id_domain']")).to_be_focused()
    await expect(tab.get_by_text("should match pattern")).to_be_visible()


async def facts_of_a_template(visitor: Visitor) -> None:
    await visitor.open("/templates/-/new")
    await visitor.tab.fill("[name='content.email.default.subject']", "Hi {{ name }}")
    await visitor.tab.fill("[name='content.email.default.html']", "<p>Dear {{ name }}</p>")
    await expect(visitor.tab.locator("#facts")).to_contain_text("Hi")


WAYS = {
    "keys/made.html": made_key,
    "staff/password.html": new_password,
    "campaigns/code.html": code_for_a_signal,
    "audit_log/verified.html": verified_log,
    "error.html": problem,
}
PARTS = {name.replace(".html", "_part.html"): way for name, way in WAYS.items()} | {
    "problem.html": problem,
    "profiles/uploaded.html": file_of_profiles,
    "templates/facts.html": facts_of_a_template,
}
del PARTS["error_part.html"]


@pytest.mark.parametrize("name", [*WAYS, *PARTS])
async def test_what_a_form_answers_is_well(
    name: str, window: Any, seeded: Seeded, screens: Path | None
) -> None:
    tab: Page = window.page
    tab.on("dialog", lambda dialog: dialog.accept())
    email = await seeded.hire_everywhere("admin")
    await log_in(tab, email, seeded.application)
    way = WAYS.get(name) or PARTS[name]
    await way(Visitor(tab, seeded.application, plainly=name in WAYS))
    await look(tab, name.removesuffix(".html").replace("/", "-"), screens)
    if way is problem:
        window.complaints.clear()  # the browser notes the 422


def test_each_template_is_shown_by_a_browser() -> None:
    pages = {each for name in named_by_pages() for each in with_what_it_uses(name)}
    reached = pages | WAYS.keys() | PARTS.keys()
    assert reached | ELSEWHERE == ALL
    assert not pages & (WAYS.keys() | PARTS.keys() | ELSEWHERE), "pages show them"


def named_by_pages() -> Iterator[str]:
    """What routes of whole pages name, or what they call of their own module."""
    for module in app.PAGES:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            if "GET" in route.methods and FRAGMENT not in route.tags:
                yield from NAMED.findall(_source(module, route.endpoint))


def _source(module: Any, endpoint: Any) -> str:
    source = inspect.getsource(endpoint)
    called = [getattr(module, name, None) for name in CALLED.findall(source)]
    return source + "".join(inspect.getsource(one) for one in called if inspect.isfunction(one))


def with_what_it_uses(name: str) -> set[str]:
    """The template, and all that it extends, includes and imports."""
    if name in ELSEWHERE:
        return set()
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            parsed = rendering.environment("en").parse((rendering.FOLDER / one).read_text())
            waiting += filter(None, meta.find_referenced_templates(parsed))
    return found
