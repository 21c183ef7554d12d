"""A campaign from draft to report, by two people, in a browser."""

import re
from pathlib import Path
from typing import Any

from browser_seed import Seeded
from console_visitors import PASSWORD
from playwright.async_api import Page, expect

FILE = "to,name,data.name\n+4915112340001,Ada,Ada\n+4915112340002,Grace,Grace\nnonsense,X,X\n"


async def log_in(tab: Page, email: str, application: str) -> None:
    await tab.goto(f"/console/campaigns?application={application}")
    await expect(tab).to_have_url(re.compile("/console/login"))
    await tab.get_by_label("Email").fill(email)
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.get_by_role("button", name="Log in", exact=True).click()
    await expect(tab.get_by_role("heading", name="Campaigns")).to_be_visible()


async def log_out(tab: Page) -> None:
    await tab.get_by_role("button", name="Log out").click()
    await expect(tab.get_by_text("You are logged out.")).to_be_visible()


async def test_a_campaign_is_made_approved_and_sent(
    window: Any, seeded: Seeded, tmp_path: Path
) -> None:
    tab: Page = window.page
    await log_in(tab, seeded.emails["admin"], seeded.application)

    await tab.get_by_role("link", name="New campaign").click()
    await tab.get_by_label("Name", exact=True).fill("Walk")
    await tab.get_by_label("Channel").select_option("sms")
    await tab.get_by_label("Text optional").fill("News for {{ name")
    await tab.get_by_role("button", name="Make the draft").click()
    problem = tab.get_by_role("alert")  # what is wrong is told, and nothing typed is lost
    await expect(problem).to_contain_text("Please check what you entered")
    await expect(tab.get_by_label("Name", exact=True)).to_have_value("Walk")
    window.complaints.clear()  # the browser notes the 422
    await tab.get_by_label("Text optional").fill("News for {{ name }}")
    await tab.get_by_role("button", name="Make the draft").click()

    people = tmp_path / "people.csv"
    people.write_text(FILE)
    await tab.get_by_label(re.compile("CSV or NDJSON")).set_input_files(people)
    await tab.get_by_role("button", name="Upload it").click()
    await expect(tab.get_by_text("The file is here.")).to_be_visible()
    await expect(tab.get_by_role("cell", name="+4915112340002")).to_be_visible()
    await expect(tab.get_by_role("heading", name="Refused rows")).to_be_visible()

    await tab.get_by_role("link", name="To the campaign").click()
    await expect(tab.get_by_text("News for Ada")).to_be_visible()
    await tab.get_by_role("button", name="Submit for approval").click()
    await tab.get_by_role("link", name="Look at it for approval").click()  # once it is counted
    await expect(tab.get_by_text("somebody else must approve it")).to_be_visible()
    await expect(tab.get_by_role("button", name="Approve")).to_have_count(0)
    await log_out(tab)

    await log_in(tab, seeded.emails["approver"], seeded.application)
    await tab.get_by_role("link", name="Approvals").click()
    await tab.get_by_role("link", name="Walk").click()
    await expect(tab.get_by_text("News for Grace")).to_be_visible()
    await tab.get_by_role("button", name="Approve").click()
    await expect(tab.get_by_text("You have approved it.")).to_be_visible()
    await tab.get_by_role("link", name="Report").click()  # once it has been sent
    await expect(tab.get_by_text("2people")).to_have_count(0)
    await expect(tab.locator(".figure", has_text="sent")).to_contain_text("2")
    await log_out(tab)


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
