"""Who visits a page, and how they want it. Pages name one of the types at the end.

A visit is by a member of the staff with a live session, or by a guest: who logs in, for one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.console import cookies, rendering, texts
from api.console.state import Console, console_of
from models import time_zones
from models.errors import Forbidden, NotFound
from models.repositories import staff, staff_sessions
from models.repositories.audit_log import Actor, Entry
from models.repositories.campaigns import By
from models.repositories.staff import Application, Member
from models.roles import Permission, may
from models.sessions import Sessions

THEMES = ("auto", "light", "dark")
NOTICE_SECONDS = 60
WRITTEN = ":/%#?=@[]!$&'()*+,;"  # as they are in an address; of all else a header may not be made
LIVE = "X-Live"  # a page that asks by itself: it keeps no session alive


class LoginRequired(Exception):
    """There is no live session; the answer is the way to log in."""


@dataclass
class Visit:
    """One request of a browser. `token` is what its forms are bound to."""

    request: Request
    console: Console
    token: str
    language: str
    theme: str
    zone: ZoneInfo
    staff: Member | None = None
    applications: Sequence[Application] = ()
    application: Application | None = None
    set_cookies: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def text(self, text: str, **values: Any) -> str:
        """In the visitor's language; `%(name)s` takes a value."""
        said = texts.translations(self.language).gettext(text)
        return said % values if values else said

    def render(
        self, template: str, /, *, part: str = "", http_status: int = 200, **context: Any
    ) -> Response:
        """The page; only its `part`, if htmx asks for one."""
        asked = self.request.headers
        partly = part and "HX-Request" in asked and "HX-History-Restore-Request" not in asked
        html = rendering.render(part if partly else template, self, context)
        response = HTMLResponse(html, http_status, headers={"Vary": "HX-Request, Cookie"})
        if not partly and self.console.cookies.read(self.request, "notice"):
            self.console.cookies.forget(response, "notice")
        return self._with_cookies(response)

    def instead(self, template: str, part: str, /, **context: Any) -> Response:
        """The answer to a form that is no other page, such as a secret that is shown once."""
        response = self.render(template, part=part, **context)
        response.headers["HX-Retarget"] = "#main"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"
        return response

    def to(self, path: str, notice: str = "", **query: Any) -> Response:
        """On to another page of ours; `notice` is told there, once."""
        address = quote(self.url(path, **query), safe=WRITTEN)
        response: Response = RedirectResponse(address, 303)
        if "HX-Request" in self.request.headers:
            response = Response(status_code=204, headers={"HX-Redirect": address})
        if notice:
            self.set_cookies["notice"] = notice.encode().hex(), NOTICE_SECONDS
        return self._with_cookies(response)

    def url(self, path: str, **query: Any) -> str:
        """The address of a page, in the application that is looked at; None is left out."""
        if self.application and "application" not in query:
            query["application"] = self.application.name
        asked = urlencode({k: v for k, v in query.items() if v not in (None, "")}, doseq=True)
        return f"/console{path}?{asked}" if asked else f"/console{path}"

    def notice(self) -> str:
        """What the page before wanted to be told."""
        try:
            return bytes.fromhex(self.console.cookies.read(self.request, "notice")).decode()
        except ValueError:
            return ""

    def may(self, permission: str) -> bool:
        """For what a page shows; what it does is asked for by its type."""
        return self.staff is not None and may(self.staff["role"], Permission(permission))

    def _with_cookies(self, response: Response) -> Response:
        for what, (value, seconds) in self.set_cookies.items():
            self.console.cookies.set(response, what, value, seconds)
        return response


@dataclass
class StaffVisit(Visit):
    """By a member of the staff."""

    @property
    def member(self) -> Member:
        """Who it is."""
        assert self.staff is not None  # noqa: S101 - by construction
        return self.staff

    @property
    def application_id(self) -> UUID:
        """Of the application that is looked at."""
        if self.application is None:
            raise NotFound("there is no application yet", field="application")
        return self.application.id

    @property
    def actor(self) -> Actor:
        """For the audit log."""
        return Actor("staff", self.member["id"], self.member["email"])

    @property
    def by(self) -> By:
        """For what keeps who did it."""
        return By(self.member["email"])

    def entry(
        self, action: str, kind: str, id: object, detail: Mapping[str, Any] | None = None
    ) -> Entry:
        """One for the audit log, of something in the application that is looked at."""
        return Entry(self.actor, action, kind, str(id), self.application_id, detail or {})

    def entry_of_all(
        self, action: str, kind: str, id: object, detail: Mapping[str, Any] | None = None
    ) -> Entry:
        """The same, of something that is no application's."""
        return Entry(self.actor, action, kind, str(id), None, detail or {})


async def guest(request: Request) -> Visit:
    """Anybody. Forms of theirs are bound to a cookie that says nothing else."""
    console = console_of(request)
    token = console.cookies.read(request, "visitor")
    kept: dict[str, tuple[str, int | None]] = {}
    if not token:
        token = cookies.new_token()
        kept["visitor"] = token, None
    return Visit(request, console, token, **_tastes(request, console), set_cookies=kept)


async def member_of(request: Request) -> Member | None:
    """Whose live session the request carries. Asked once a request."""
    if not hasattr(request.state, "staff"):
        request.state.staff = await _read(request)
    found: Member | None = request.state.staff
    return found


async def _read(request: Request) -> Member | None:
    console = console_of(request)
    token = console.cookies.read(request)
    if not token:
        return None
    digest, now = cookies.digest(token), console.clock()
    ours: Sessions = request.app.state.sessions
    async with ours.singly() as session:
        found = await staff_sessions.find(session, digest, now)
        if found is None:
            return None
        stale = now - found["seen_at"] > staff_sessions.TOUCHED_EVERY
        if stale and LIVE not in request.headers:
            await staff_sessions.touch(session, digest, now)
        request.state.applications = await staff.visible(session, found["id"])
    return found


class Needs:
    """A visit by a member who may do this; `everywhere`: in all applications."""

    def __init__(self, permission: Permission, *, everywhere: bool = False) -> None:
        self.permission = permission
        self.everywhere = everywhere

    async def __call__(self, request: Request) -> StaffVisit:
        """The visit; LoginRequired or Forbidden otherwise."""
        member = await member_of(request)
        if member is None:
            raise LoginRequired
        if not may(member["role"], self.permission):
            role = member["role"]
            detail = f"the role {role} does not include it"
            raise Forbidden(detail, limit=self.permission.value, reason="role")
        if self.everywhere and member["applications"]:
            detail = "you are limited to some applications"
            raise Forbidden(detail, limit=self.permission.value, reason="limited")
        console, applications = console_of(request), request.state.applications
        return StaffVisit(
            request,
            console,
            console.cookies.read(request),
            **_tastes(request, console, member),
            staff=member,
            applications=applications,
            application=_looked_at(request.query_params.get("application"), applications),
        )


def _looked_at(name: str | None, applications: Sequence[Application]) -> Application | None:
    if name is None:
        return next(iter(applications), None)
    for application in applications:
        if application.name == name:
            return application
    raise NotFound("no such application, or not yours", field="application")


def _tastes(request: Request, console: Console, member: Member | None = None) -> dict[str, Any]:
    own = member or {"language": None, "time_zone": None}
    chosen = {what: console.cookies.read(request, what) for what in cookies.PREFERENCES}
    language = own["language"] or chosen["language"]
    if language not in texts.LANGUAGES:
        language = texts.preferred(request.headers.get("accept-language", ""))
    zone = own["time_zone"] or chosen["zone"]
    return {
        "language": language,
        "theme": chosen["theme"] if chosen["theme"] in THEMES else "auto",
        "zone": ZoneInfo(zone if zone in time_zones.names() else "UTC"),
    }


async def visitor(request: Request) -> Visit:
    """A member of the staff, if they are logged in, or else a guest: for pages of errors."""
    try:
        return await Needs(Permission.READ)(request)
    except (LoginRequired, NotFound):
        return await guest(request)


Guest = Annotated[Visit, Depends(guest)]
Reader = Annotated[StaffVisit, Depends(Needs(Permission.READ))]
Author = Annotated[StaffVisit, Depends(Needs(Permission.WRITE))]
Approver = Annotated[StaffVisit, Depends(Needs(Permission.APPROVE))]
Steerer = Annotated[StaffVisit, Depends(Needs(Permission.STEER))]
Operator = Annotated[StaffVisit, Depends(Needs(Permission.OPERATE))]
Admin = Annotated[StaffVisit, Depends(Needs(Permission.ADMINISTER))]
# Of what is no application's: who could give others more than they have themselves?
AdminOfAll = Annotated[StaffVisit, Depends(Needs(Permission.ADMINISTER, everywhere=True))]
