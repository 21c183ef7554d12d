"""Logging in by a company's account, against a real OpenID provider."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from api_in_process import serving
from console_visitors import ORIGIN, PASSWORD, Browser, Desk, desk_of
from uuid_utils.compat import uuid7

from models.repositories import staff
from models.repositories.staff import NewMember

ROLES = {"tidings-admins": "admin", "tidings-authors": "author"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@asynccontextmanager
async def console(database_url: str, issuer: str, **more: Any) -> AsyncIterator[Desk]:
    settings = {"oidc_issuer": issuer, "oidc_client_id": "tidings", "oidc_client_secret": "secret"}
    async with (
        serving(database_url, 1, console_url=ORIGIN, **settings, **more) as api,
        desk_of(api, database_url) as desk,
    ):
        yield desk


@pytest.fixture(scope="module")
async def desk(database_url: str, issuer: str) -> AsyncIterator[Desk]:
    async with console(database_url, issuer, oidc_roles=ROLES) as desk:
        yield desk


@pytest.fixture(scope="module")
async def plain(database_url: str, issuer: str) -> AsyncIterator[Desk]:
    """The same provider, but roles are given here."""
    async with console(database_url, issuer) as desk:
        yield desk


def person(**claims: Any) -> tuple[str, dict[str, Any]]:
    """Somebody new, as the company knows them."""
    email = f"{uuid7().hex[-12:]}@example.com"
    usual = {"email": email, "email_verified": True, "name": "Ada", "groups": ["tidings-authors"]}
    return f"sub-{email}", {**usual, **claims}


async def there(browser: Browser, path: str = "/login/oidc") -> str:
    answer = await browser.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def agreed(issuer: str, address: str, sub: str, claims: dict[str, Any]) -> str:
    """What the company sends the browser back to, as a path of the console."""
    async with httpx.AsyncClient() as http:
        await http.put(f"{issuer}/users/{sub}", json=claims)
        answer = await http.post(address, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path.removeprefix('/console')}?{back.query}"


async def log_in(
    desk: Desk, issuer: str, sub: str, claims: dict[str, Any], path: str = "/login/oidc"
) -> tuple[Browser, httpx.Response]:
    browser = desk.browser()
    back = await agreed(issuer, await there(browser, path), sub, claims)
    return browser, await browser.get(back)


async def test_who_has_a_role_there_has_it_here(desk: Desk, issuer: str) -> None:
    sub, claims = person()
    browser, answer = await log_in(desk, issuer, sub, claims, "/login/oidc?next=/console/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/account")
    page = await browser.page("/account")
    assert claims["email"] in page
    assert "author" in page
    assert (await browser.get("/campaigns/new")).status_code == 200
    assert (await browser.get("/staff")).status_code == 403


async def test_there_with_state_nonce_and_proof(desk: Desk, issuer: str) -> None:
    address = await there(desk.browser())
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{issuer}/oauth2/authorize?")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{ORIGIN}/console/login/oidc/back"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32


async def test_another_role_there_is_another_role_here(desk: Desk, issuer: str) -> None:
    sub, claims = person()
    await log_in(desk, issuer, sub, claims)
    claims["groups"] = ["others", "tidings-authors", "tidings-admins"]
    browser, _ = await log_in(desk, issuer, sub, claims)
    assert (await browser.get("/staff")).status_code == 200
    claims["groups"] = ["others"]
    _, answer = await log_in(desk, issuer, sub, claims)
    assert (answer.status_code, "has no role here" in answer.text) == (403, True)


async def test_a_code_in_another_browser_is_none(desk: Desk, issuer: str) -> None:
    sub, claims = person()
    victim, thief = desk.browser(), desk.browser()
    back = await agreed(issuer, await there(thief), sub, claims)
    assert (await victim.get(back)).status_code == 403  # no log-in was begun there
    await there(victim)
    assert (await victim.get(back)).status_code == 403  # another one was
    assert (await thief.get(back)).status_code == 303


async def test_an_answer_counts_once(desk: Desk, issuer: str) -> None:
    sub, claims = person()
    browser = desk.browser()
    back = await agreed(issuer, await there(browser), sub, claims)
    kept = browser.http.cookies.get(desk.console.cookies.name("oidc"), "")
    assert (await browser.get(back)).status_code == 303
    again = desk.browser()
    again.http.cookies.set(desk.console.cookies.name("oidc"), kept, domain="console.example")
    answer = await again.get(back)
    assert (answer.status_code, "is over" in answer.text) == (403, True)


async def test_a_code_of_another_log_in_is_refused(desk: Desk, issuer: str) -> None:
    """Its nonce and proof are of the other one."""
    sub, claims = person()
    browser = desk.browser()
    other = await agreed(issuer, await there(desk.browser()), sub, claims)
    own = await agreed(issuer, await there(browser), sub, claims)
    code = parse_qs(urlsplit(other).query)["code"][0]
    state = parse_qs(urlsplit(own).query)["state"][0]
    answer = await browser.get(f"/login/oidc/back?state={state}&code={code}")
    assert (answer.status_code, "no valid answer" in answer.text) == (403, True)


async def test_who_denies_is_told(desk: Desk, issuer: str) -> None:
    browser = desk.browser()
    address = await there(browser)
    async with httpx.AsyncClient() as http:
        answer = await http.post(address, data={"action": "deny"})
    asked = parse_qs(urlsplit(address).query)
    back = f"/login/oidc/back?error=access_denied&state={asked['state'][0]}"
    assert "error=access_denied" in answer.headers["location"]
    assert (await browser.get(back)).status_code == 403


async def test_an_account_made_here_is_linked_by_its_verified_email(
    plain: Desk, issuer: str
) -> None:
    sub, claims = person()
    id = uuid7()
    async with plain.sessions.begin() as session:
        await staff.insert(session, NewMember(id, claims["email"], "Ada", "operator"))
    _, answer = await log_in(plain, issuer, sub, {**claims, "email_verified": False})
    assert answer.status_code == 403
    browser, answer = await log_in(plain, issuer, sub, claims)
    assert answer.status_code == 303
    assert "operator" in await browser.page("/account")
    impostor, _ = person()
    _, answer = await log_in(plain, issuer, impostor, claims)
    assert (answer.status_code, "another account" in answer.text) == (403, True)
    assert (await plain.browser().log_in(claims["email"], PASSWORD)).status_code == 422


async def test_without_a_role_from_there_nobody_gets_in_unasked(plain: Desk, issuer: str) -> None:
    sub, claims = person()
    _, answer = await log_in(plain, issuer, sub, claims)
    assert (answer.status_code, "nobody has made" in answer.text) == (403, True)


async def test_who_is_refused_is_in_the_audit_log(plain: Desk, issuer: str) -> None:
    await log_in(plain, issuer, *person())
    [said] = await plain.api.database.fetch(
        "SELECT action, actor_name, detail::text FROM audit_entry ORDER BY number DESC LIMIT 1"
    )
    assert tuple(said) == ("staff.login_failed", "company log-in", '{"reason":"oidc_unknown"}')


async def test_who_is_disabled_stays_out(desk: Desk, issuer: str) -> None:
    sub, claims = person()
    await log_in(desk, issuer, sub, claims)
    async with desk.sessions.begin() as session:
        member = await staff.find(session, claims["email"])
        assert member
        await staff.disable(session, member["id"])
    _, answer = await log_in(desk, issuer, sub, claims)
    assert answer.status_code == 403


async def test_a_provider_that_is_away_is_a_page(database_url: str) -> None:
    async with console(database_url, "http://127.0.0.1:9") as desk:
        answer = await desk.browser().get("/login/oidc")
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)


async def test_departures_from_one_address_are_bounded(desk: Desk) -> None:
    asked = "SELECT count(*) FROM staff_oidc_login"
    thief, most = desk.browser(), desk.console.most_departures
    desk.console.most_departures = 3
    for _ in range(3):
        await there(thief)
    before = await desk.api.database.fetchval(asked)
    answer = await thief.get("/login/oidc")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert await desk.api.database.fetchval(asked) == before
    await there(desk.browser())  # others have theirs
    desk.console.most_departures = most
