"""My account: name, language, time zone, password; and the end of one's other sessions."""

from fastapi import Request, Response

from api.console import cookies, texts
from api.console.forms import Form
from api.console.login import enter
from api.console.routes import pages
from api.console.texts import LANGUAGES, label
from api.console.throttle import attempt
from api.console.visits import Reader, StaffVisit
from api.deps import Begin, Session
from models import passwords, time_zones
from models.errors import Invalid
from models.repositories import audit_log, staff, staff_sessions

router = pages("/account")
ZONES = sorted(zone for zone in time_zones.names() if "/" in zone and zone[0].isupper())
LONGEST_NAME = 100


@router.get("")
async def account(visit: Reader) -> Response:
    """What the member may change of themselves."""
    return visit.render("account/account.html", zones=["UTC", *ZONES], languages=LANGUAGES)


@router.post("")
async def change(visit: Reader, session: Session, form: Form) -> Response:
    """Name, language and time zone."""
    name, language = form.wanted("name").strip(), form.get("language")
    zone = form.get("time_zone")
    if len(name) > LONGEST_NAME:
        detail = f"want at most {LONGEST_NAME} characters"
        raise Invalid(detail, field="name", limit=LONGEST_NAME, reason="name_length")
    if language and language not in LANGUAGES:
        raise Invalid("no such language", field="language", reason="unknown_language")
    if zone and zone not in time_zones.names():
        raise Invalid("no such time zone", field="time_zone", reason="unknown_time_zone")
    await staff.prefer(session, visit.member["id"], name, language, zone)
    changed = sorted({"name", "language", "time_zone"} & set(form))
    entry = visit.entry_of_all("staff.account", "staff", visit.member["id"], {"fields": changed})
    await audit_log.append(session, entry)
    said = texts.translations(language or visit.language).gettext(label("It is saved."))
    return visit.to("/account", said)


@router.post("/password")
async def change_password(visit: Reader, request: Request, begin: Begin, form: Form) -> Response:
    """Whoever knows the old one may set a new one; all other sessions end."""
    member = visit.member
    new = passwords.checked(form.wanted("password"), member["email"])
    async with attempt(visit, request, begin, member["email"], member["id"]):
        async with begin() as session:
            kept = await staff.password_of(session, member["id"])
        if not await visit.console.passwords.verify(kept, form.wanted("current")):
            await _failed(visit, begin)
            raise Invalid("it is not your password", field="current", reason="wrong_password")
    hashed = await visit.console.passwords.hash(new)
    async with begin() as session:
        await staff.set_password(session, member["id"], hashed)
        await staff_sessions.end_all(session, member["id"])
        entry = visit.entry_of_all("staff.password", "staff", member["id"])
        await audit_log.append(session, entry)
        await enter(session, visit, member["id"], member["email"], "new password")
    return visit.to("/account", visit.text("Your password is changed; other sessions are over."))


@router.post("/sessions/end")
async def end_others(visit: Reader, session: Session) -> Response:
    """Everywhere but here."""
    id = visit.member["id"]
    await staff_sessions.end_all(session, id, but=cookies.digest(visit.token))
    await audit_log.append(session, visit.entry_of_all("staff.sessions_end", "staff", id))
    return visit.to("/account", visit.text("All your other sessions are over."))


async def _failed(visit: StaffVisit, begin: Begin) -> None:
    """Somebody at an open browser may guess; the refusal undoes what its own transaction writes."""
    entry = visit.entry_of_all("staff.password_failed", "staff", visit.member["id"])
    async with begin() as session:
        await audit_log.append(session, entry)
