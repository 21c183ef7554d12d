"""The editor in a browser: what is typed is shown, what is wrong stays, what is saved is sent."""

import re
from itertools import count
from typing import Any

from browser_seed import Seeded
from console_visitors import PASSWORD
from playwright.async_api import Page, expect

NUMBERS = count(1)


async def write(page: Page, **parts: str) -> None:
    for path, text in parts.items():
        await page.fill(f"[name='content.{path.replace('_', '.')}']", text)


async def test_from_the_first_letter_to_its_publish(seeded: Seeded, window: Any) -> None:
    page: Page = window.page
    name = f"typed-{next(NUMBERS)}"
    await page.goto("/console/login?next=/console/templates")
    await page.fill("[name=email]", seeded.emails["admin"])
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button.primary")
    await page.click("text=New template")
    steps_back = "history.length"
    before = await page.evaluate(steps_back)

    await write(page, email_default_subject="Hi {{ name }}")
    await write(page, email_default_html="<h1 style='color: red'>Dear {{ name }}</h1>")
    await page.fill("[name=data]", '{"name": "Ada & Bob"}')

    facts, frame = page.locator("#facts"), page.frame_locator("iframe[name=preview]")
    await expect(facts).to_contain_text("Hi Ada & Bob")
    await expect(frame.locator("h1")).to_have_text("Dear Ada & Bob")
    await expect(frame.locator("h1")).to_have_css("color", "rgb(255, 0, 0)")
    assert await page.evaluate(steps_back) == before

    await page.select_option("[name=channel]", "sms")
    await page.fill("[name=locale]", "de")
    await page.click("button:text('Add')")
    await write(page, sms_de_text="Hallo {{ name() }}", sms_default_text="Hello {{ name }}")
    await expect(facts).to_contain_text("content.sms.de.text: line 1: calls are not allowed")

    await write(page, sms_de_text="Hallo {{ name }}")
    await expect(frame.locator("body")).to_have_text("Hallo Ada & Bob")
    await page.fill("[name=name]", name)
    await page.click("text=Save as a draft")
    await page.wait_for_url(re.compile(f"/console/templates/{name}"))
    page.on("dialog", lambda dialog: dialog.accept())
    await page.click("text=Publish version 1")
    await expect(page.locator(".notice")).to_have_text("Version 1 is published.")
