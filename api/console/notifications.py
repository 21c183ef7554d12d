"""Messages: found by filters, each with what became of it and why; cancelled, sent again."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import RowMapping as Row

from api.accepting import accept_one
from api.console.forms import FormOnce
from api.console.frames import framed
from api.console.moments import moment
from api.console.routes import FRAGMENT, pages
from api.console.visits import Operator, Reader, StaffVisit
from api.deps import Reading, Receiving, Session, Starts, Versions
from api.notification_cancels import cancelled
from api.notification_filters import metadata_of, range_checked
from api.notification_list_views import listed
from api.notification_resends import ResendCreate, resent, still_open
from api.pages import Page
from api.views import NotificationView, notification_view
from models.errors import Invalid, NotFound, TidingsError
from models.messages import Channel
from models.notification_filters import Filters
from models.queues import PRIORITY_KEYS
from models.rendering import content as contents
from models.rendering.prepared import Rendered
from models.repositories import audit_log, categories, groups, notifications
from models.repositories.notification_search import search
from models.repositories.templates import VersionCache
from models.status import Status

router = pages("/notifications")
MOST = 100  # to choose from
Text = Annotated[str, Field(max_length=600, pattern=r"^[^\x00]*$")]


class Asked(BaseModel):
    """The filters as the form has them: times in the visitor's zone, what is empty is not there."""

    category: Text | None = None
    priority: Literal["high", "medium", "low"] | None = None
    channel: Channel | None = None
    status: Status | None = None
    profile: Text | None = None
    group: Text | None = None
    since: datetime | None = Field(None, alias="from")
    until: datetime | None = Field(None, alias="to")
    metadata: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, said: Any) -> Any:
        return {name: value for name, value in dict(said).items() if value not in ("", None)}

    def filters(self, visit: StaffVisit) -> Filters:
        """For the search; Invalid names what contradicts itself."""
        pairs = [entry.partition("=") for entry in (self.metadata or "").split()]
        if any(not sign for _, sign, _ in pairs):
            raise Invalid("write key=value, several with spaces between", field="metadata")
        found = dict(self) | {
            "since": self.since and moment(visit, self.since, "from"),
            "until": self.until and moment(visit, self.until, "to"),
            "metadata": metadata_of([(key, value) for key, _, value in pairs]),
        }
        return range_checked(Filters(**found))


@router.get("")
async def list_notifications(
    visit: Reader, session: Reading, page: Page, asked: Annotated[Asked, Query()]
) -> Response:
    """The newest that all filters let through; the first page renews itself."""
    after = UUID(page.after[0]) if page.after else None
    filters = asked.filters(visit)
    found = await search(session, visit.application_id, filters, after, page.limit)
    items = [listed(row) for row in found.rows]
    return visit.render(
        "notifications/list.html",
        part="notifications/rows.html",
        items=[item for item in items if asked.status in (None, item.status)],
        next=found.after and page.cursor([str(found.after)]),
        first=after is None,
        asked=asked,
        times=filters,
        any=any(value for _, value in asked),
        choices=await _choices(visit, session),
    )


@router.get("/{notification_id}")
async def notification(
    visit: Reader, session: Session, versions: Versions, notification_id: UUID
) -> Response:
    """All about one."""
    found = await _found(visit, session, notification_id)
    said = await _contents(session, versions, found["stored"])
    return visit.render("notifications/detail.html", contents=said, **found)


@router.get("/{notification_id}/live", tags=[FRAGMENT])
async def live(visit: Reader, session: Session, notification_id: UUID) -> Response:
    """What becomes of it; its end is a new page."""
    found = await _found(visit, session, notification_id)
    response = visit.render("notifications/live.html", **found)
    if found["row"].ended_at:
        response.headers["HX-Refresh"] = "true"
    return response


@router.get("/{notification_id}/content/{channel}", tags=[FRAGMENT])
async def content(
    visit: Reader, session: Session, versions: Versions, notification_id: UUID, channel: Channel
) -> Response:
    """The HTML that it says there, for the sandboxed frame."""
    row = await notifications.get(session, visit.application_id, notification_id)
    said = (await _contents(session, versions, row)).get(channel.value)
    if said is None or not said.html:
        raise NotFound("it has no HTML there", field="channel")
    return framed(said.html)


@router.post("/{notification_id}/cancel")
async def cancel(
    visit: Operator, session: Session, notification_id: UUID, starts: Starts
) -> Response:
    """Stop what has not gone; the notice says what had."""
    view = await cancelled(
        session, visit.application_id, notification_id, visit.member["id"], starts
    )
    detail = {"outcome": view.outcome}
    entry = visit.entry("notification.cancel", "notification", notification_id, detail)
    await audit_log.append(session, entry)
    said = {
        "stopped": visit.text("It is cancelled: nothing was sent, nothing will be."),
        "handed_over": visit.text("A message had gone already; the rest is stopped."),
        "in_doubt": visit.text("A vendor may have it; what it does not take is stopped."),
    }
    notice = said.get(view.outcome, visit.text("It had ended already."))
    return visit.to(f"/notifications/{notification_id}", notice)


@router.post("/{notification_id}/resend")
async def resend(
    visit: Operator,
    session: Session,
    reception: Receiving,
    notification_id: UUID,
    form: FormOnce,
) -> Response:
    """Accept it once more, by the same version or by the one published now."""
    row = await notifications.get(session, visit.application_id, notification_id)
    if row["ended_at"] is None:
        raise still_open(row, await notifications.messages(session, row))
    body = form.to(ResendCreate)
    accepted = await resent(session, row, body, reception.versions, may_raise=True)
    view = await accept_one(session, visit.application_id, accepted, reception, resend_of=row["id"])
    await notifications.tell_resent(session, row, visit.member["id"])
    detail = {"resend_of": str(row["id"]), "template_version": body.template_version}
    await audit_log.append(
        session, visit.entry("notification.resend", "notification", view.id, detail)
    )
    return visit.to(f"/notifications/{view.id}", visit.text("It is accepted once more."))


async def _found(visit: StaffVisit, session: Session, id: UUID) -> dict[str, Any]:
    row = await notifications.get(session, visit.application_id, id)
    messages = await notifications.messages(session, row)
    attempts = await notifications.attempts(session, row, messages)
    events = await notifications.events(session, row)
    view: NotificationView = notification_view(row, messages, attempts, events)
    settings = visit.console.settings
    return {
        "row": view,
        "stored": row,
        "channels_of": {int(m["seq"]): m["channel"] for m in messages},
        "temporal_ui": settings.temporal_ui_url,
        "namespace": settings.temporal_namespace,
    }


async def _contents(session: Session, versions: VersionCache, row: Row) -> dict[str, Rendered]:
    """What it says on each of its channels, as it is sent; what cannot be rendered is left out."""
    content, version_id = row["content"], row["template_version_id"]
    if version_id:
        content = (await versions.load(session, [version_id]))[version_id]
    said = {}
    for channel in row["channels"]:
        with suppress(TidingsError):  # it was checked by the rules of then
            said[channel] = contents.render(content, channel, row["locale"], row["data"])
    return said


async def _choices(visit: StaffVisit, session: Session) -> dict[str, list[str]]:
    """What the selects offer."""
    known = await categories.page(session, visit.application_id, None, MOST)
    found = await groups.page(session, visit.application_id, "", None, MOST)
    return {
        "category": [row["name"] for row in known],
        "priority": list(PRIORITY_KEYS),
        "channel": [channel.value for channel in Channel],
        "status": [status.value for status in Status],
        "group": [row["name"] for row in found],
    }
