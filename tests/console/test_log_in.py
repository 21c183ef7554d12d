"""Logging in and out, sessions that end, guesses that are slowed down."""

from console_visitors import Desk


async def test_a_member_logs_in_and_out(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    browser = desk.browser()
    refused = await browser.get("/?status=draft")
    assert refused.status_code == 303
    assert refused.headers["location"] == "/console/login?next=%2Fconsole%2F%3Fstatus%3Ddraft"
    answer = await browser.log_in(email)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    assert "Viewer" in await browser.page("/")
    answer = await browser.send("/", "/logout")
    assert answer.status_code == 303
    assert (await browser.get("/")).status_code == 303
