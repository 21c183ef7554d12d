"""Each route of the console, with each role, without a session, and forged."""

import httpx
import pytest
from console_routes import NOBODY, Page, every, once
from console_visitors import HOST, ORIGIN, Browser, Desk

from api.console.cookies import form_token
from models.roles import Role, may

PAGES = every()
POSTS = [page for page in PAGES if page.method == "POST"]
OURS = [page for page in PAGES if page.needs]


def is_page(answer: httpx.Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


async def ask(browser: Browser, page: Page, **fields: str) -> httpx.Response:
    if page.method == "POST":
        return await browser.post(page.address, {**fields, "form_id": once()})
    return await browser.get(page.address)


def test_all_pages_are_known() -> None:
    assert len(PAGES) > 30
    assert {page.path for page in PAGES if page.needs is None} == {
        "/login", "/preferences", "/login/oidc", "/login/oidc/back",
    }  # fmt: skip


@pytest.mark.parametrize("page", OURS, ids=str)
async def test_without_a_session_there_is_only_the_log_in(desk: Desk, page: Page) -> None:
    browser = desk.browser()
    fields = await browser.form_of("/login")
    answer = await ask(browser, page, **fields)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/login?next=%2Fconsole%2F")


@pytest.mark.parametrize("page", OURS, ids=str)
async def test_a_role_does_what_it_may_and_no_more(desk: Desk, page: Page) -> None:
    assert page.needs
    for role in Role:
        browser = await desk.at_work(role) if page.path == "/logout" else desk.staff[role]
        answer = await ask(browser, page, form_token=desk.form_token(browser))
        if may(role, page.needs.permission):
            assert answer.status_code not in (401, 403, 500), (role, answer.text)
        else:
            assert (role, answer.status_code) == (role, 403)
            assert is_page(answer)
            assert "does not include it" in answer.text


@pytest.mark.parametrize("page", POSTS, ids=str)
async def test_a_forged_form_does_nothing(desk: Desk, page: Page) -> None:
    admin, other = desk.staff[Role.ADMIN], desk.staff[Role.VIEWER]
    theirs = desk.form_token(other)
    for fields in ({}, {"form_token": "0" * 64}, {"form_token": theirs}):
        answer = await admin.post(page.address, {**fields, "form_id": once()})
        assert answer.status_code == 403
        assert is_page(answer)
        assert "not of this session" in answer.text


async def test_a_guest_s_token_is_no_member_s(desk: Desk) -> None:
    admin = await desk.at_work(Role.ADMIN)
    admin.http.cookies.set(desk.console.cookies.name("visitor"), "planted", domain=HOST)
    planted = {"form_token": form_token("planted")}
    assert (await admin.post("/account/sessions/end", planted)).status_code == 403
    assert (await admin.post("/preferences", planted)).status_code == 303


@pytest.mark.parametrize("page", POSTS, ids=str)
async def test_another_site_sends_no_form(desk: Desk, page: Page) -> None:
    admin = desk.staff[Role.ADMIN]
    fields = {"form_token": desk.form_token(admin), "form_id": once()}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        answer = await admin.post(page.address, fields, **headers)
        assert answer.status_code == 403
        assert "sent from another site" in answer.text


@pytest.mark.parametrize("page", PAGES, ids=str)
async def test_no_answer_is_json_and_all_have_the_policy(desk: Desk, page: Page) -> None:
    browser = desk.browser() if page.path == "/logout" else desk.staff[Role.ADMIN]
    answer = await ask(browser, page)
    assert "json" not in answer.headers.get("content-type", "")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Origin": f"https://evil@{ORIGIN[8:]}"},
        {"Origin": f"{ORIGIN}:8443"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
async def test_an_origin_is_ours_as_a_whole(desk: Desk, headers: dict[str, str]) -> None:
    admin = desk.staff[Role.ADMIN]
    fields = {"form_token": desk.form_token(admin)}
    assert (await admin.post("/preferences", fields, **headers)).status_code == 403
    assert (await admin.post("/preferences", fields)).status_code == 303


async def test_what_is_not_there_is_a_page_here_and_a_problem_there(desk: Desk) -> None:
    admin = desk.staff[Role.ADMIN]
    for path in ("/nothing", "/campaigns/nothing", f"/campaigns/{NOBODY}", "/account/nothing"):
        answer = await admin.get(path)
        assert answer.status_code == 404
        assert is_page(answer)
    put = await admin.http.put("/console/account")
    assert (put.status_code, is_page(put)) == (405, True)
    there = await admin.http.get("/v1/nothing")
    assert there.headers["content-type"] == "application/problem+json"
    assert (await admin.http.get("/console")).headers["location"] == "/console/"


async def test_a_member_of_some_applications_sees_no_others(desk: Desk) -> None:
    await desk.api.new_key(application="theirs")
    limited = await desk.at_work("admin", "theirs")
    assert "theirs" in await limited.page("/")
    assert (await limited.get("/campaigns?application=demo")).status_code == 404
    assert (await limited.get("/staff")).status_code == 403
    everywhere = desk.staff[Role.ADMIN]
    assert (await everywhere.get("/campaigns?application=theirs")).status_code == 200


@pytest.mark.parametrize("page", [page for page in PAGES if page.method == "GET"], ids=str)
async def test_no_link_leads_to_a_host_that_the_request_names(desk: Desk, page: Page) -> None:
    admin = desk.staff[Role.ADMIN]
    path = f"{page.address}?limit=1"  # there is a next page, where there is a list
    answer = await admin.get(path, headers={"Host": "evil.example"})
    assert "evil.example" not in answer.text
    assert all("evil.example" not in value for value in answer.headers.values())
