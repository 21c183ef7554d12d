"""Logging in and out. Known and unknown accounts get the same answer, after the same time."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from api.console import cookies, devices
from api.console.cookies import YEAR_SECONDS
from api.console.forms import Form
from api.console.next_page import own
from api.console.routes import pages
from api.console.texts import LANGUAGES, label
from api.console.throttle import attempt
from api.console.visits import THEMES, Guest, Reader, Visit, member_of
from api.deps import Begin, Session
from models.errors import Invalid
from models.repositories import audit_log, staff, staff_sessions
from models.repositories.audit_log import Actor, Entry

router = pages()

WRONG = label("email or password is wrong")
Next = Annotated[str, Query(max_length=2000)]


@router.get("/login")
async def login_page(visit: Guest, request: Request, next: Next = "") -> Response:
    """The form; who is logged in already goes on."""
    if await member_of(request):
        return visit.to(own(next).removeprefix("/console"))
    oidc = bool(visit.console.settings.oidc_issuer)
    return visit.render("login/login.html", next=own(next), oidc=oidc)


@router.post("/login")
async def log_in(visit: Guest, request: Request, begin: Begin, form: Form) -> Response:
    """With email and password."""
    email, password = form.wanted("email")[:320].strip().lower(), form.wanted("password")
    async with begin() as session:
        id, kept = await staff.login(session, email) or (None, None)
    async with attempt(visit, request, begin, email, id):
        right = await visit.console.passwords.verify(kept, password)
        async with begin() as session:
            if right and id:
                await enter(session, visit, id, email, "password")
            else:
                await audit_log.append(session, _failed(id, email))
        if not right:
            raise Invalid(WRONG, reason="login_failed")
    return entered(visit, own(form.get("next", "")))


@router.post("/logout")
async def log_out(visit: Reader, session: Session) -> Response:
    """The session ends here, not in the browser alone."""
    await staff_sessions.end(session, cookies.digest(visit.token))
    member = visit.member
    await audit_log.append(session, visit.entry_of_all("staff.logout", "staff", member["id"]))
    response = visit.to("/login", visit.text("You are logged out."), application=None)
    visit.console.cookies.forget(response)
    return response


@router.post("/preferences")
async def prefer(visit: Guest, form: Form) -> Response:
    """Language and appearance, kept by the browser."""
    if form.get("language") in LANGUAGES:
        visit.set_cookies["language"] = form["language"], YEAR_SECONDS
    if form.get("theme") in THEMES:
        visit.set_cookies["theme"] = form["theme"], YEAR_SECONDS
    return visit.to(own(form.get("next", "")).removeprefix("/console"))


async def enter(session: Session, visit: Visit, id: UUID, email: str, by: str) -> None:
    """Begin a session with a new token; the one the browser had, if any, is over."""
    if old := visit.console.cookies.read(visit.request):
        await staff_sessions.end(session, cookies.digest(old))
    token = cookies.new_token()
    await staff_sessions.begin(session, cookies.digest(token), id, visit.console.clock())
    entry = Entry(Actor("staff", id, email), "staff.login", "staff", str(id), detail={"by": by})
    await audit_log.append(session, entry)
    visit.set_cookies[""] = token, None
    devices.remember(visit, id)


def entered(visit: Visit, path: str) -> Response:
    """On to the page that was asked for."""
    visit.set_cookies.pop("visitor", None)
    return visit.to(path.removeprefix("/console"))


def _failed(id: UUID | None, email: str) -> Entry:
    """Of an unknown account nothing is kept: it may be a password in the wrong field."""
    actor = Actor("staff", id, email) if id else Actor("system", None, "console")
    return Entry(actor, "staff.login_failed", "staff", str(id or ""))
