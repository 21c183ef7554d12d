"""Members of the staff at the log-in, in a browser."""

import re

from console_visitors import PASSWORD
from playwright.async_api import Page, expect


async def log_in(tab: Page, email: str, application: str, section: str = "campaigns") -> None:
    """By way of a page that wants it, which is shown then."""
    await tab.goto(f"/console/{section}?application={application}")
    await expect(tab).to_have_url(re.compile("/console/login"))
    await tab.get_by_label("Email").fill(email)
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.get_by_role("button", name="Log in", exact=True).click()
    await expect(tab).to_have_url(re.compile(f"/console/{section}"))


async def log_out(tab: Page) -> None:
    await tab.get_by_role("button", name="Log out").click()
    await expect(tab.get_by_text("You are logged out.")).to_be_visible()


async def log_out_for_good(tab: Page) -> None:
    """Whoever had kept the cookies has nothing of them."""
    kept = await tab.context.cookies()
    await log_out(tab)
    await tab.context.clear_cookies()
    await tab.context.add_cookies([{**one} for one in kept])  # type: ignore[typeddict-item]
    await tab.goto("/console/")
    await expect(tab).to_have_url(re.compile("/console/login"))
