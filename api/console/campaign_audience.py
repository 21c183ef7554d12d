"""Whom a campaign reaches: an upload that is on its way, counts, and what was refused."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from uuid_utils.compat import uuid7

from api import campaign_drafts, campaign_samples
from api.audience_intake import MOST_BYTES, Upload, upload
from api.campaign_bodies import Audience
from api.console.campaign_forms import audience_of
from api.console.forms import Form, validated
from api.console.routes import pages
from api.console.visits import Author, Reader
from api.deps import Begin, Session, Starts, after_commit
from models.errors import Conflict
from models.repositories import audiences, audit_log, campaign_choices, campaigns
from models.repositories.audiences import NewAudience
from models.repositories.campaigns import Row

router = pages("/campaigns/{campaign_id}/audience")

REFUSALS = 50
Offset = Annotated[int, Query(ge=0, le=MOST_BYTES)]


@router.get("")
async def audience(visit: Reader, session: Session, campaign_id: UUID) -> Response:
    """Counted as it is now, with some of it; the form for a file, while one is awaited."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    id = _upload_id(row)
    kept = await audiences.get(session, visit.application_id, id) if id else None
    return visit.render(
        "campaigns/audience.html",
        campaign=row,
        kept=kept,
        refusals=await audiences.refusals(session, id, 0, REFUSALS) if id else [],
        counted=await campaign_samples.audience_view(session, row),
        choices=await campaign_choices.load(session, visit.application_id),
    )


@router.post("")
async def choose(
    visit: Author, session: Session, starts: Starts, campaign_id: UUID, form: Form
) -> Response:
    """Another audience; a file comes next."""
    locked = await campaigns.lock(session, visit.application_id, campaign_id)
    asked = audience_of(form)
    if asked is None:
        format = "ndjson" if form.get("format") == "ndjson" else "csv"
        new = NewAudience(
            uuid7(), visit.application_id, locked["channel"], format, "", visit.by.owner
        )
        await audiences.create(session, new)
        asked = {"audience_id": str(new.id)}
    kept = await campaign_drafts.audience(
        session,
        visit.application_id,
        locked["channel"],
        validated(Audience, asked),
        visit.by.owner,
    )
    await campaigns.edit(session, locked, {"audience": kept}, visit.by)
    detail = {"fields": ["audience"]}
    await audit_log.append(session, visit.entry("campaign.edit", "campaign", campaign_id, detail))
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return visit.to(f"/campaigns/{campaign_id}/audience", visit.text("It is saved."))


@router.post("/content")
async def upload_file(
    visit: Author, request: Request, begin: Begin, campaign_id: UUID, offset: Offset = 0
) -> Response:
    """The file as it is, from `offset` on: rows are stored while they arrive."""
    async with begin() as session:
        row = await campaigns.get(session, visit.application_id, campaign_id)
        if (id := _upload_id(row)) is None:
            raise Conflict("its audience is no file", field="audience", reason="not_an_upload")
        await audit_log.append(session, visit.entry("audience.upload", "audience", id))
    await upload(request, begin, Upload(visit.application_id, id, visit.by.owner, offset))
    return visit.to(f"/campaigns/{campaign_id}/audience", visit.text("The file is here."))


def _upload_id(row: Row) -> UUID | None:
    id = row["audience"].get("audience_id")
    return UUID(id) if id else None
