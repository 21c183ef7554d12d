"""A day of the staff in a browser: a template, a message, a vendor's account, a campaign."""

import re
from pathlib import Path
from typing import Any

from browser_login import log_in, log_out, log_out_for_good
from browser_seed import Seeded
from own_templates import Author
from playwright.async_api import Page, expect

FILE = "to,name,data.name\n+4915112340001,Ada,Ada\n+4915112340002,Grace,Grace\nnonsense,X,X\n"


async def test_a_message_is_found_explained_and_sent_again_as_published_since(
    window: Any, seeded: Seeded
) -> None:
    tab: Page = window.page
    tab.on("dialog", lambda dialog: dialog.accept())
    name = await Author(seeded.app).make("Hello {{ name }}", published=1)
    sent = {"to": {"sms": "+4915112345670"}, "template": name, "metadata": {"order": "4711"}}
    id = await seeded.app.accept(**sent)
    await _an_author_edits(tab, seeded, name)
    await _an_approver_publishes(tab, seeded, name)
    await seeded.app.until(id, "sent", "delivered")
    await log_in(tab, seeded.emails["operator"], seeded.application, "notifications")
    await _an_operator_sends_again(tab, id)
    await _an_operator_pauses_a_vendor(tab)
    await log_out_for_good(tab)


async def _an_author_edits(tab: Page, seeded: Seeded, name: str) -> None:
    await log_in(tab, seeded.emails["author"], seeded.application, "templates")
    await tab.get_by_role("link", name=name).click()
    await tab.get_by_role("link", name="Edit", exact=True).click()
    await tab.get_by_label("Text", exact=True).fill("Good day {{ name }}")
    await tab.get_by_label("With this data").fill('{"name": "Grace"}')
    preview = tab.frame_locator("iframe[name=preview]").locator("body")
    await expect(preview).to_have_text("Good day Grace")
    await tab.get_by_role("button", name="Save as a new version").click()
    await expect(tab.locator(".notice")).to_have_text("Saved as version 2, a draft.")
    await expect(tab.get_by_role("button", name="Publish")).to_have_count(0)
    await log_out(tab)


async def _an_approver_publishes(tab: Page, seeded: Seeded, name: str) -> None:
    await log_in(tab, seeded.emails["approver"], seeded.application, "templates")
    await tab.get_by_role("link", name=name).click()
    await tab.get_by_role("link", name="Compare with 1").click()
    await expect(tab.locator("ins")).to_contain_text("Good day {{ name }}")
    await tab.get_by_role("button", name="Publish version 2").click()
    await expect(tab.locator(".notice")).to_have_text("Version 2 is published.")
    await log_out(tab)


async def _an_operator_sends_again(tab: Page, id: str) -> None:
    found = tab.locator("#rows tbody tr")
    await tab.get_by_label("Channel").select_option("sms")
    await tab.get_by_label("Metadata").fill("order=4711")
    await expect(tab).to_have_url(re.compile("channel=sms.*metadata=order%3D4711"))
    await expect(found).to_have_count(1)
    await tab.goto(tab.url)  # as whoever is sent this address
    await expect(tab.get_by_label("Metadata")).to_have_value("order=4711")
    await expect(found).to_have_count(1)
    await found.get_by_role("link").first.click()
    await expect(tab).to_have_url(re.compile(id))

    happened = tab.locator(".card", has_text="What happened").get_by_role("listitem")
    await expect(happened.filter(has_text="Accepted")).to_have_count(1)
    await expect(tab.get_by_text(re.compile("^Attempt 1"))).to_be_visible()
    await expect(tab.locator("pre")).to_have_text("Hello Ada")
    await tab.get_by_role("button", name="Send again, as published now").click()
    await expect(tab.locator(".notice")).to_have_text("It is accepted once more.")
    await expect(tab.locator("pre")).to_have_text("Good day Ada")
    await expect(tab.get_by_role("link", name=id)).to_be_visible()  # sent again from
    await expect(tab.get_by_text(re.compile("^Attempt 1"))).to_be_visible()  # it renews itself


async def _an_operator_pauses_a_vendor(tab: Page) -> None:
    await tab.get_by_role("link", name="Vendor accounts").click()
    await tab.get_by_role("link", name=re.compile("sendgrid-")).click()
    await tab.get_by_role("button", name="Pause").click()
    await expect(tab.locator(".notice")).to_have_text("It is paused.")
    await tab.get_by_role("button", name="Resume").click()
    await expect(tab.locator(".notice")).to_have_text("It is asked again.")
    await expect(tab.locator(".head .badge")).to_have_text("open")


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
    await log_out_for_good(tab)
