"""Campaigns: found, made, looked at, edited. What moves them on: `campaign_moves.py`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from uuid_utils.compat import uuid7

from api import campaign_drafts, campaign_samples
from api.console import campaign_forms
from api.console.forms import Form, FormOnce
from api.console.frames import framed
from api.console.routes import FRAGMENT, pages
from api.console.visits import Author, Reader, StaffVisit
from api.deps import Session, Starts, Versions, after_commit
from api.routers.campaign_progress import progress_view
from models.campaign import ENDED, UNSUBMITTED, CampaignStatus
from models.errors import Conflict, NotFound
from models.messages import Channel
from models.repositories import (
    audiences,
    audit_log,
    campaign_books,
    campaign_choices,
    campaigns,
)
from models.repositories.audiences import NewAudience
from models.repositories.campaigns import Row

router = pages("/campaigns")

SHOWN, PREVIEWED, LINES = 20, 3, 100
EDITABLE = (*UNSUBMITTED, "validating", "pending_approval", "scheduled")


@router.get("")
async def list_campaigns(
    visit: Reader,
    session: Session,
    status: Annotated[str, Query(pattern="^[a-z_]*$")] = "",
    archived: bool = False,
    after: UUID | None = None,
) -> Response:
    """The newest first."""
    rows = await campaigns.page(
        session,
        visit.application_id,
        status=status or None,
        after=after,
        limit=SHOWN + 1,
        archived=archived,
    )
    items = rows[:SHOWN]
    return visit.render(
        "campaigns/list.html",
        items=items,
        next=items[-1]["id"] if len(rows) > SHOWN else None,
        status=status,
        archived=archived,
        statuses=list(CampaignStatus),
    )


@router.get("/new")
async def new_campaign(visit: Author, session: Session) -> Response:
    """The form."""
    choices = await campaign_choices.load(session, visit.application_id)
    return visit.render("campaigns/new.html", choices=choices, channels=list(Channel))


@router.post("")
async def create(visit: Author, session: Session, versions: Versions, form: FormOnce) -> Response:
    """A draft; for an upload the next page takes the file."""
    id, channel = uuid7(), campaign_forms.channel_of(form)
    given = campaign_forms.audience_of(form)
    asked = given or {"audience_id": str(await _upload_of(visit, session, channel, form))}
    body = campaign_forms.created(form, visit.zone, asked)
    values = await campaign_drafts.created(session, visit.application_id, body, versions)
    values["audience"] = await campaign_drafts.audience(
        session, visit.application_id, channel, body.audience, visit.by.owner
    )
    await campaigns.insert(session, id, visit.application_id, values, visit.by)
    await audit_log.append(session, visit.entry("campaign.create", "campaign", id))
    return visit.to(f"/campaigns/{id}" if given else f"/campaigns/{id}/audience")


@router.get("/{campaign_id}")
async def campaign(
    visit: Reader, session: Session, versions: Versions, campaign_id: UUID
) -> Response:
    """All about one: what it says and to whom, how far it is, who did what."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    preview = await campaign_samples.preview(session, row, PREVIEWED, versions)
    return visit.render(
        "campaigns/detail.html",
        campaign=row,
        preview=preview.items,
        events=await campaigns.events(session, campaign_id, 0, LINES),
        progress=await _progress(session, row),
        editable=row["status"] in EDITABLE,
        temporal_ui=visit.console.settings.temporal_ui_url,
    )


@router.get("/{campaign_id}/live", tags=[FRAGMENT])
async def live(
    visit: Reader, session: Session, request: Request, campaign_id: UUID, seen: str = ""
) -> Response:
    """How far it is; a new status is a new page."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    response = visit.render(
        "campaigns/live.html", campaign=row, progress=await _progress(session, row)
    )
    if seen != row["status"]:
        response.headers["HX-Refresh"] = "true"
    return response


@router.get("/{campaign_id}/preview/{n}", tags=[FRAGMENT])
async def frame(
    visit: Reader, session: Session, versions: Versions, campaign_id: UUID, n: int
) -> Response:
    """The HTML that one of the sampled people would get."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    items = (await campaign_samples.preview(session, row, PREVIEWED, versions)).items
    if not 0 <= n < len(items):
        raise NotFound("nobody is there", field="n")
    return framed(items[n].html)


@router.get("/{campaign_id}/edit")
async def edit_form(visit: Author, session: Session, campaign_id: UUID) -> Response:
    """The form with what it is now."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    choices = await campaign_choices.load(session, visit.application_id)
    return visit.render(
        "campaigns/edit.html", campaign=row, choices=choices, channels=[row["channel"]]
    )


@router.post("/{campaign_id}/edit")
async def edit(
    visit: Author,
    session: Session,
    starts: Starts,
    versions: Versions,
    campaign_id: UUID,
    form: Form,
) -> Response:
    """What changes content or schedule makes approvals void."""
    locked = await campaigns.lock(session, visit.application_id, campaign_id)
    row = await campaigns.get(session, visit.application_id, campaign_id)
    body = campaign_forms.changed(form, visit.zone, row)
    changes = await campaign_drafts.changed(session, row, body, versions)
    await campaigns.edit(session, locked, changes, visit.by)
    detail = {"fields": sorted(changes)}
    await audit_log.append(session, visit.entry("campaign.edit", "campaign", campaign_id, detail))
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return visit.to(f"/campaigns/{campaign_id}", visit.text("It is saved."))


@router.get("/{campaign_id}/report")
async def report(visit: Reader, session: Session, campaign_id: UUID) -> Response:
    """What became of everybody, once it has ended."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    if row["status"] not in ENDED:
        detail = f"it is {row['status']}, not ended"
        raise Conflict(detail, field="status", reason="not_ended")
    progress = await _progress(session, row)
    return visit.render("campaigns/report.html", campaign=row, progress=progress)


async def _upload_of(visit: StaffVisit, session: Session, channel: str, form: Form) -> UUID:
    format = "ndjson" if form.get("format") == "ndjson" else "csv"
    new = NewAudience(uuid7(), visit.application_id, channel, format, "", visit.by.owner)
    await audiences.create(session, new)
    return new.id


async def _progress(session: Session, row: Row) -> object:
    """None before there is anybody to reach."""
    if row["people"] is None or row["status"] in UNSUBMITTED:
        return None
    return progress_view(row, await campaign_books.books(session, row))
