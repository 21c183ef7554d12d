"""Logging in by the company's account: there with a state, a nonce and a proof; back once."""

import hmac
import secrets
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from uuid_utils.compat import uuid7

from api.console import cookies
from api.console.login import enter, entered
from api.console.next_page import own
from api.console.oidc_provider import Person, Provider
from api.console.routes import pages
from api.console.throttle import departure
from api.console.visits import Guest, Visit
from api.deps import Begin
from models.errors import Forbidden, Misconfigured, NotFound
from models.repositories import audit_log, staff, staff_oidc
from models.repositories.audit_log import Actor, Entry
from models.repositories.staff import Member, NewMember
from models.repositories.staff_oidc import KEPT, UnderWay
from models.sessions import Session

router = pages("/login/oidc")

COOKIE = "oidc"
Text = Annotated[str, Query(max_length=4000)]


@router.get("")
async def there(visit: Guest, request: Request, begin: Begin, next: Text = "") -> Response:
    """To the company's log-in."""
    provider, state = _provider(visit), cookies.new_token()
    await departure(visit, request, begin)
    login = UnderWay(secrets.token_urlsafe(24), secrets.token_urlsafe(48), own(next))
    address = await provider.address(state, login)
    async with begin() as session:
        await staff_oidc.begin(session, cookies.digest(state), login, visit.console.clock())
    response = RedirectResponse(address, 303)
    visit.console.cookies.set(response, COOKIE, state, int(KEPT.total_seconds()))
    return response


@router.get("/back")
async def back(
    visit: Guest, begin: Begin, state: Text = "", code: Text = "", error: Text = ""
) -> Response:
    """With a code for this very browser; whose it is, the company says."""
    provider = _provider(visit)
    kept = visit.console.cookies.read(visit.request, COOKIE)
    if not kept or not hmac.compare_digest(kept.encode(), state.encode()):
        raise Forbidden("this log-in was not begun here: begin anew", reason="oidc_state")
    async with begin() as session:
        now = visit.console.clock()
        login = await staff_oidc.take(session, cookies.digest(state), now)
    if login is None:
        raise Forbidden("this log-in is over: begin anew", reason="oidc_over")
    if error or not code:
        raise Forbidden("the company's log-in was not finished", reason="oidc_denied")
    try:
        person = await provider.person(code, login)
        async with begin() as session:
            member = await _member(session, person)
            await enter(session, visit, member["id"], member["email"], "oidc")
    except Forbidden as refusal:
        async with begin() as session:
            await audit_log.append(session, _failed(refusal.reason))
        raise
    response = entered(visit, login.next)
    visit.console.cookies.forget(response, COOKIE)
    return response


def _provider(visit: Visit) -> Provider:
    console = visit.console
    if not console.settings.oidc_issuer:
        raise NotFound("there is no such log-in", field="path")
    if not console.settings.console_url:
        raise Misconfigured("TIDINGS_CONSOLE_URL is empty", field="console_url")
    console.provider = console.provider or Provider(console.settings)
    return console.provider


async def _member(session: Session, person: Person) -> Member:
    """Known by the company's name, or by a verified email; made if the company gives a role."""
    id = await staff.by_oidc(session, person.issuer, person.subject)
    if id is None:
        id = await _linked(session, person)
    member = await staff.get(session, id)
    if member["disabled_at"]:
        raise Forbidden("this account is disabled", reason="disabled")
    if person.role and person.role != member["role"]:
        await staff.change_role(session, id, person.role)
        await _note(session, "staff.role", person, str(id))
    return member


async def _linked(session: Session, person: Person) -> UUID:
    if not person.email or not person.email_verified:
        detail = "the company's log-in does not say that your email is verified"
        raise Forbidden(detail, reason="oidc_email")
    member = await staff.find(session, person.email)
    if member is None:
        if person.role is None:
            raise Forbidden("nobody has made an account for you", reason="oidc_unknown")
        id = uuid7()
        await staff.insert(session, NewMember(id, person.email, person.name, person.role))
        await _note(session, "staff.create", person, str(id))
    else:
        id = member["id"]
    if not await staff.link(session, id, person.issuer, person.subject):
        detail = "another account of the company is known by this email"
        raise Forbidden(detail, reason="oidc_taken")
    await _note(session, "staff.link", person, str(id))
    return id


def _failed(reason: str) -> Entry:
    actor = Actor("system", None, "company log-in")
    return Entry(actor, "staff.login_failed", "staff", "", None, {"reason": reason})


async def _note(session: Session, action: str, person: Person, id: str) -> None:
    detail = {"role": person.role} if person.role else {}
    actor = Actor("system", None, "company log-in")
    await audit_log.append(session, Entry(actor, action, "staff", id, None, detail))
