"""The audit log, of the application that is looked at or of the whole platform; is it whole?"""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, Field

from api.console.moments import moment
from api.console.routes import pages
from api.console.visits import AdminOfAll, Reader, StaffVisit
from api.deps import Session
from api.fields import ONE_LINE
from api.pages import Page, PageRequest
from models.errors import Invalid
from models.repositories import audit_entries
from models.repositories.audit_entries import Filters

router = pages("/audit-log")
Word = Annotated[str, Field(max_length=200, pattern=ONE_LINE)]


class Asked(BaseModel):
    """The fields of the form above the list; days are the visitor's, both included."""

    actor: Word = ""
    action: Word = ""
    subject: Word = ""
    since: Word = Field("", alias="from")
    until: Word = Field("", alias="to")


@router.get("")
async def of_application(
    visit: Reader, session: Session, page: Page, asked: Annotated[Asked, Query()]
) -> Response:
    """What was done in it, the newest first."""
    return await _list(visit, session, page, asked, visit.application_id)


@router.get("/all")
async def of_all(
    visit: AdminOfAll, session: Session, page: Page, asked: Annotated[Asked, Query()]
) -> Response:
    """What was done anywhere, and to the platform itself."""
    return await _list(visit, session, page, asked, None)


@router.post("/verify")
async def verify(visit: AdminOfAll, session: Session) -> Response:
    """Walk the whole chain."""
    found = await audit_entries.verify(session)
    return visit.instead("audit_log/verified.html", "audit_log/verified_part.html", found=found)


async def _list(
    visit: StaffVisit,
    session: Session,
    page: PageRequest,
    asked: Asked,
    application_id: UUID | None,
) -> Response:
    filters = Filters(
        application_id=application_id,
        actor=asked.actor or None,
        action=asked.action or None,
        subject_id=asked.subject or None,
        since=_day(visit, asked.since, "from"),
        until=_day(visit, asked.until, "to", days=1),
    )
    before = int(page.after[0]) if page.after else None
    rows = await audit_entries.page(session, filters, before, page.fetch)
    items, following = page.cut(rows, lambda row: [str(row["number"])])
    path = "/audit-log" if application_id else "/audit-log/all"
    return visit.render(
        "audit_log/list.html",
        part="audit_log/rows.html",
        items=items,
        next=following,
        path=path,
        asked=asked,
    )


def _day(visit: StaffVisit, said: str, field: str, days: int = 0) -> datetime | None:
    """When a day begins for the visitor, or one that is so many days later."""
    if not said:
        return None
    try:
        day = date.fromisoformat(said) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise Invalid("want a day", field=field, reason="not_a_day") from None
    return moment(visit, datetime.combine(day, time()), field)
