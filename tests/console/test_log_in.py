"""Logging in and out, sessions that end, guesses that are slowed down."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from console_visitors import PASSWORD, Desk

from api.console.cookies import digest
from api.console.next_page import own
from api.console.throttle import whereabouts
from models.repositories import staff, staff_sessions

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def as_it_was(desk: Desk) -> Iterator[None]:
    yield
    desk.clock.ahead, desk.console.most_of_address = timedelta(), 100


async def entries(desk: Desk, id: Any) -> list[tuple[str, str]]:
    """What the audit log has of this member."""
    rows = await desk.api.database.fetch(
        "SELECT action, actor_kind FROM audit_entry WHERE subject_id = $1 ORDER BY number", str(id)
    )
    return [(row["action"], row["actor_kind"]) for row in rows]


async def test_a_member_logs_in_and_out(desk: Desk) -> None:
    id, email = await desk.hire("viewer")
    browser = desk.browser()
    refused = await browser.get("/?status=draft")
    assert refused.status_code == 303
    assert refused.headers["location"] == "/console/login?next=%2Fconsole%2F%3Fstatus%3Ddraft"
    answer = await browser.log_in(email.upper())
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    assert "Viewer" in await browser.page("/")
    kept = desk.token_of(browser)
    answer = await browser.send("/", "/logout")
    assert answer.status_code == 303
    desk.carry(browser, kept)  # a thief would have kept it
    assert (await browser.get("/")).status_code == 303
    assert await entries(desk, id) == [("staff.login", "staff"), ("staff.logout", "staff")]


async def test_the_cookie_is_for_this_host_and_no_script(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    answer = await desk.browser().log_in(email)
    said = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-tidings="))
    attributes = {part.strip().lower() for part in said.split(";")[1:]}
    assert attributes == {"httponly", "secure", "samesite=lax", "path=/"}


async def test_only_the_token_s_hash_is_stored(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    browser = desk.browser()
    await browser.log_in(email)
    found = await desk.api.database.fetchval(
        "SELECT count(*) FROM staff_session WHERE sha256 = $1", digest(desk.token_of(browser))
    )
    assert found == 1


async def test_a_session_that_was_there_before_is_not_the_one_after(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    browser = desk.browser()
    desk.carry(browser, "planted")
    await browser.log_in(email)
    first = desk.token_of(browser)
    assert first != "planted"
    thief = desk.browser()
    desk.carry(thief, first)
    assert (await thief.get("/")).status_code == 200
    fields = await browser.form_of("/account")
    answer = await browser.post("/login", {**fields, "email": email, "password": PASSWORD})
    assert answer.status_code == 303
    assert desk.token_of(browser) != first
    assert (await thief.get("/")).status_code == 303


async def test_it_ends_after_half_an_hour_without_use(desk: Desk) -> None:
    browser = await desk.at_work("viewer")
    for _ in range(4):
        desk.clock.ahead += 29 * MINUTE
        assert (await browser.get("/")).status_code == 200
    desk.clock.ahead += 31 * MINUTE
    assert (await browser.get("/")).status_code == 303


async def test_a_page_that_renews_itself_keeps_no_session_alive(desk: Desk) -> None:
    browser = await desk.at_work("viewer")
    desk.clock.ahead += 29 * MINUTE
    assert (await browser.get("/", headers={"X-Live": "1"})).status_code == 200
    desk.clock.ahead += 2 * MINUTE
    answer = await browser.get("/", headers={"X-Live": "1", "HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (
        401,
        "/console/login?next=%2Fconsole%2F",
    )


async def test_it_ends_after_twelve_hours_whatever_happens(desk: Desk) -> None:
    browser = await desk.at_work("viewer")
    for _ in range(35):
        desk.clock.ahead += 20 * MINUTE
        assert (await browser.get("/")).status_code == 200
    desk.clock.ahead += 20 * MINUTE
    assert (await browser.get("/")).status_code == 303


async def test_who_is_disabled_is_out_at_once(desk: Desk) -> None:
    id, email = await desk.hire("author")
    browser = desk.browser()
    await browser.log_in(email)
    admin = desk.staff["admin"]
    assert (await admin.send(f"/staff/{id}", f"/staff/{id}/disable")).status_code == 303
    assert (await browser.get("/")).status_code == 303
    assert (await desk.browser().log_in(email)).status_code == 422


async def test_a_new_password_ends_all_other_sessions(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    here, there = desk.browser(), desk.browser()
    await here.log_in(email)
    await there.log_in(email)
    before, new = desk.token_of(here), "another horse, another staple"
    fields = {"current": "wrong", "password": new}
    assert (await here.send("/account", "/account/password", **fields)).status_code == 422
    fields["current"] = PASSWORD
    assert (await here.send("/account", "/account/password", **fields)).status_code == 303
    assert desk.token_of(here) != before
    assert (await here.get("/")).status_code == 200
    assert (await there.get("/")).status_code == 303
    assert (await there.log_in(email)).status_code == 422
    assert (await there.log_in(email, new)).status_code == 303


async def test_guesses_at_the_current_password_are_told_of_and_slowed_down(desk: Desk) -> None:
    id, email = await desk.hire("viewer")
    browser = desk.browser()
    await browser.log_in(email)
    fields = {"current": "guessed-secret", "password": "another horse, another staple"}
    for _ in range(desk.console.most_of_account):
        assert (await browser.send("/account", "/account/password", **fields)).status_code == 422
    for current in ("guessed-secret", PASSWORD):
        fields["current"] = current
        assert (await browser.send("/account", "/account/password", **fields)).status_code == 429

    failed = ("staff.password_failed", "staff")
    assert await entries(desk, id) == [("staff.login", "staff")] + [failed] * 10
    said = await desk.api.database.fetchval(
        "SELECT count(*) FROM audit_entry WHERE detail::text LIKE '%guessed-secret%'"
    )
    assert said == 0


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "x" * 201])
async def test_a_weak_password_is_none(desk: Desk, weak: str) -> None:
    browser = await desk.at_work("viewer")
    fields = {"current": PASSWORD, "password": weak}
    assert (await browser.send("/account", "/account/password", **fields)).status_code == 422


async def test_known_and_unknown_accounts_get_the_same_answer(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    disabled_id, disabled = await desk.hire("viewer")
    async with desk.sessions.begin() as session:
        await staff.disable(session, disabled_id)
    seen = set()
    before = desk.console.passwords.compared
    for one in (email, disabled, "nobody@example.com"):
        browser = desk.browser()
        fields = await browser.form_of("/login") | {"email": one, "password": "wrong"}
        answer = await browser.post("/login", fields, **{"HX-Request": "true"})
        seen.add((answer.status_code, answer.text))
    assert len(seen) == 1
    assert seen.pop()[0] == 422
    assert desk.console.passwords.compared == before + 3


async def test_guesses_are_slowed_down_and_the_owner_still_gets_in(desk: Desk) -> None:
    _, email = await desk.hire("viewer")
    own_browser, thief = desk.browser(), desk.browser()
    await own_browser.log_in(email)
    await own_browser.send("/", "/logout")
    for _ in range(10):
        assert (await thief.log_in(email, "guess")).status_code == 422
    answer = await thief.log_in(email)  # even the right one
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60 + 1
    assert (await own_browser.log_in(email)).status_code == 303
    desk.clock.ahead += 8 * MINUTE
    assert (await thief.log_in(email, "guess")).status_code == 429
    desk.clock.ahead += 8 * MINUTE  # guessing on does not make it longer
    assert (await desk.browser().log_in(email)).status_code == 303


async def test_one_address_does_not_try_all_accounts(desk: Desk) -> None:
    browser, desk.console.most_of_address = desk.browser(), 12
    fields = await browser.form_of("/login")
    codes = []
    for n in range(13):
        asked = {**fields, "email": f"nobody-{n}@example.com", "password": "guess"}
        codes.append((await browser.post("/login", asked)).status_code)
    assert codes == [422] * 12 + [429]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # what one household has
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_who_has_many_addresses_is_counted_once(one: str, other: str, same: bool) -> None:
    assert (whereabouts(one) == whereabouts(other)) is same


async def test_a_failed_log_in_is_in_the_audit_log_without_what_was_typed(desk: Desk) -> None:
    id, email = await desk.hire("viewer")
    await desk.browser().log_in(email, "wrong")
    await desk.browser().log_in("my-password-in-the-wrong-field", "wrong")
    assert await entries(desk, id) == [("staff.login_failed", "staff")]
    said = await desk.api.database.fetchval(
        "SELECT count(*) FROM audit_entry WHERE (detail::text || actor_name || subject_id)"
        " LIKE '%wrong-field%'"
    )
    assert said == 0


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/console/campaigns?status=draft", "/console/campaigns?status=draft"),
        ("/console", "/console"),
        ("", "/console/"),
        ("https://evil.example/console/", "/console/"),
        ("//evil.example/console/", "/console/"),
        ("/\\evil.example", "/console/"),
        ("/console/../v1/notifications", "/console/"),
        ("/v1/notifications", "/console/"),
        ("javascript:alert(1)", "/console/"),
        ("//[", "/console/"),
        ("/console/\r\nSet-Cookie: x", "/console/"),
    ],
)
def test_a_log_in_leads_to_our_own_pages_alone(asked: str, led: str) -> None:
    assert own(asked) == led


async def test_old_sessions_are_swept(desk: Desk) -> None:
    id, _ = await desk.hire("viewer")
    async with desk.sessions.begin() as session:
        await staff_sessions.begin(session, b"old", id, desk.clock() - timedelta(hours=13))
        await staff_sessions.begin(session, b"new", id, desk.clock())
    found = await desk.api.database.fetch(
        "SELECT sha256 FROM staff_session WHERE staff_id = $1", id
    )
    assert [row["sha256"] for row in found] == [b"new"]


async def counts(desk: Desk, before: datetime) -> int:
    """How many counts of attempts to log in are kept that began before."""
    asked = "SELECT count(*) FROM staff_attempts WHERE since < $1"
    return await desk.api.database.fetchval(asked, before)


async def test_attempts_that_are_over_are_forgotten_though_nobody_gets_in(desk: Desk) -> None:
    thief = desk.browser()
    fields = await thief.form_of("/login") | {"password": "guess"}
    for n in range(8):
        await thief.post("/login", {**fields, "email": f"nobody-{n}@example.com"})
    began = desk.clock()
    assert await counts(desk, began) >= 9
    desk.clock.ahead += 16 * MINUTE
    await thief.post("/login", {**fields, "email": "nobody@example.com"})
    assert await counts(desk, began) == 0


async def test_an_address_with_too_many_attempts_makes_no_more_counts(desk: Desk) -> None:
    thief, desk.console.most_of_address = desk.browser(), 5
    fields = await thief.form_of("/login") | {"password": "guess"}
    for n in range(5):
        await thief.post("/login", {**fields, "email": f"nobody-{n}@example.com"})
    before = await counts(desk, desk.clock() + 60 * MINUTE)
    for n in range(5, 10):
        answer = await thief.post("/login", {**fields, "email": f"nobody-{n}@example.com"})
        assert answer.status_code == 429
    assert await counts(desk, desk.clock() + 60 * MINUTE) == before


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
async def test_a_log_in_leads_to_a_page_whose_name_is_in_any_letters(
    desk: Desk, htmx: dict[str, str]
) -> None:
    _, email = await desk.hire("viewer")
    browser = desk.browser()
    refused = await browser.get("/templates/%E9%80%9A%E7%9F%A5")
    fields = await browser.form_of(refused.headers["location"].removeprefix("/console"))
    fields |= {"email": email, "password": PASSWORD, "next": "/console/templates/通知"}
    answer = await browser.post("/login", fields, **htmx)
    led = answer.headers.get("hx-redirect") or answer.headers["location"]
    assert led == "/console/templates/%E9%80%9A%E7%9F%A5"
