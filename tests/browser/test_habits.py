"""What makes the console pleasant: the keyboard, one's appearance and language, forms sent once."""

import re
from typing import Any

from browser_login import log_in
from browser_seed import Seeded
from console_visitors import PASSWORD
from playwright.async_api import Page, expect


async def test_the_appearance_and_the_language_are_kept(window: Any, seeded: Seeded) -> None:
    tab: Page = window.page
    await log_in(tab, seeded.emails["viewer"], seeded.application)
    await tab.get_by_role("button", name="Dark", exact=True).click()
    await expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    dark = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
    await tab.get_by_role("button", name="简体中文").click()
    await expect(tab.locator("html")).to_have_attribute("lang", "zh-Hans")
    await expect(tab.get_by_role("heading", name="群发活动")).to_be_visible()
    assert await tab.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    await tab.get_by_role("button", name="浅色").click()
    await expect(tab.locator("html")).to_have_attribute("data-theme", "light")
    assert await tab.evaluate("getComputedStyle(document.body).backgroundColor") != dark


async def test_the_keyboard_is_enough(window: Any, seeded: Seeded) -> None:
    tab: Page = window.page
    await tab.goto("/console/login")
    await tab.get_by_label("Email").focus()
    await tab.keyboard.type(seeded.emails["viewer"])
    await tab.keyboard.press("Tab")
    await tab.keyboard.type(PASSWORD)
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()
    await tab.keyboard.press("Tab")
    await expect(tab.get_by_text("Skip to the content")).to_be_focused()
    await tab.keyboard.press("Enter")
    assert await tab.evaluate("document.activeElement.id") == "main"


async def test_a_form_that_is_sent_again_is_done_once(window: Any, seeded: Seeded) -> None:
    tab: Page = window.page
    await log_in(tab, seeded.emails["author"], seeded.application)
    await tab.get_by_role("link", name="New campaign").click()
    await tab.get_by_label("Name", exact=True).fill("Twice")
    await tab.get_by_label("Channel").select_option("sms")
    await tab.get_by_label("Text optional").fill("Once")
    await tab.get_by_label("Addresses written here").check()
    await tab.get_by_label("One a line, then").fill("+4915112345678")
    id = await tab.locator("input[name=form_id]").first.input_value()
    await tab.get_by_role("button", name="Make the draft").click()
    await expect(tab.get_by_role("heading", name="Twice")).to_be_visible()
    await tab.go_back()
    await tab.evaluate(f"document.querySelector('input[name=form_id]').value = '{id}'")
    await tab.get_by_label("Name", exact=True).fill("Twice")
    await tab.get_by_label("Text optional").fill("Once")
    await tab.get_by_role("button", name="Make the draft").click()
    await expect(tab.get_by_role("alert")).to_contain_text("nothing was done again")
    window.complaints.clear()  # the browser notes the 409


async def test_what_has_ended_is_not_asked_for_again(window: Any, seeded: Seeded) -> None:
    tab: Page = window.page
    await log_in(tab, seeded.emails["viewer"], seeded.application)
    await tab.get_by_role("link", name="November news").click()
    live = tab.locator("#live")
    await expect(live).to_contain_text("completed")
    await expect(live).not_to_have_attribute("hx-get", re.compile("."))
    await expect(tab.locator("[hx-trigger^=every]")).to_have_count(0)
