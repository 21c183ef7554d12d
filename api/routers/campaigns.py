"""Campaigns: make, read, edit and copy them. What moves them on: `campaign_moves.py`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from uuid_utils.compat import uuid7

from api import campaign_drafts, campaign_samples, campaign_test_sends
from api.campaign_bodies import CampaignCreate, CampaignPatch, Preview, TestSend
from api.campaign_views import (
    AudienceView,
    CampaignPage,
    CampaignView,
    PreviewView,
    TestSentView,
    campaign_view,
)
from api.deps import CampaignReader, CampaignWriter, Session, Starts, Versions, after_commit
from api.idempotency import IdempotencyKey, made_once, scope_of
from api.json_route import CampaignRoute
from models.campaign import CampaignStatus
from models.repositories import campaigns
from models.repositories.api_keys import Caller
from models.repositories.campaigns import By

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"], route_class=CampaignRoute)
MOVES: dict[int | str, Any] = {409: {"description": "Not as far as it is now."}}


@router.post("", status_code=201, response_model=CampaignView)
async def create_campaign(
    body: CampaignCreate,
    caller: CampaignWriter,
    session: Session,
    versions: Versions,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make a draft. Nothing is sent before it is submitted and somebody else approves it."""
    application_id = caller.application_id

    async def make() -> CampaignView:
        values = await campaign_drafts.created(session, application_id, body, versions)
        values["audience"] = await campaign_drafts.audience(
            session, application_id, body.channel.value, body.audience, caller.owner
        )
        return await _inserted(session, caller, values)

    scope = scope_of(application_id, "campaigns", idempotency_key)
    return await made_once(session, scope, body.model_dump(mode="json"), make)


@router.get("")
async def list_campaigns(
    caller: CampaignReader,
    session: Session,
    status: CampaignStatus | None = None,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    archived: Annotated[bool, Query(description="archived ones too")] = False,
) -> CampaignPage:
    """List them, the newest first."""
    rows = await campaigns.page(
        session, caller.application_id, status=status, after=after, limit=limit, archived=archived
    )
    views = [campaign_view(row) for row in rows]
    return CampaignPage(items=views, next=views[-1].id if len(views) == limit else None)


@router.get("/{campaign_id}")
async def get_campaign(campaign_id: UUID, caller: CampaignReader, session: Session) -> CampaignView:
    """Read one, with its approvals and what validation found."""
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


@router.patch("/{campaign_id}", responses=MOVES)
async def edit_campaign(
    campaign_id: UUID,
    body: CampaignPatch,
    caller: CampaignWriter,
    session: Session,
    starts: Starts,
    versions: Versions,
) -> CampaignView:
    """Edit it. What changes content, audience or schedule makes approvals void."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    row = await campaigns.get(session, caller.application_id, campaign_id)
    changes = await campaign_drafts.changed(session, row, body, versions)
    if body.audience is not None:
        kept = await campaign_drafts.audience(
            session, caller.application_id, row["channel"], body.audience, caller.owner
        )
        changes |= {"audience": kept} if kept != row["audience"] else {}
    await campaigns.edit(session, locked, changes, _by(caller))
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


@router.post("/{campaign_id}/duplicate", status_code=201, response_model=CampaignView)
async def duplicate_campaign(
    campaign_id: UUID,
    caller: CampaignWriter,
    session: Session,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make a new draft of the same content and audience, to be sent at once unless changed."""

    async def make() -> CampaignView:
        row = await campaigns.get(session, caller.application_id, campaign_id)
        return await _inserted(session, caller, _copy(row))

    scope = scope_of(caller.application_id, f"campaigns/{campaign_id}/duplicate", idempotency_key)
    return await made_once(session, scope, None, make)


@router.post(
    "/{campaign_id}/retry-failed", status_code=201, response_model=CampaignView, responses=MOVES
)
async def retry_failed(
    campaign_id: UUID,
    caller: CampaignWriter,
    session: Session,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make a new draft of an ended one, to those that were refused or expired."""

    async def make() -> CampaignView:
        row = await campaigns.get(session, caller.application_id, campaign_id)
        audience = {"audience_id": str(await campaign_drafts.failed_of(session, row, caller.owner))}
        return await _inserted(session, caller, _copy(row) | {"audience": audience})

    route = f"campaigns/{campaign_id}/retry-failed"
    scope = scope_of(caller.application_id, route, idempotency_key)
    return await made_once(session, scope, None, make)


@router.post("/{campaign_id}/archive", responses=MOVES)
async def archive_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session
) -> CampaignView:
    """Leave it out of the lists. One that is under way is not archived."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    await campaigns.archive(session, locked, _by(caller))
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


@router.get("/{campaign_id}/audience")
async def count_audience(
    campaign_id: UUID, caller: CampaignReader, session: Session
) -> AudienceView:
    """Count the audience as it is now, each contact once, and show some of it."""
    row = await campaigns.get(session, caller.application_id, campaign_id)
    return await campaign_samples.audience_view(session, row)


@router.post("/{campaign_id}/preview")
async def preview_campaign(
    campaign_id: UUID,
    body: Annotated[Preview, Body(default_factory=Preview)],
    caller: CampaignReader,
    session: Session,
    versions: Versions,
) -> PreviewView:
    """Render it for some of the audience."""
    row = await campaigns.get(session, caller.application_id, campaign_id)
    return await campaign_samples.preview(session, row, body.size, versions)


@router.post("/{campaign_id}/test", status_code=202)
async def test_campaign(
    campaign_id: UUID,
    body: TestSend,
    caller: CampaignWriter,
    session: Session,
    starts: Starts,
    versions: Versions,
) -> TestSentView:
    """Send it to a few addresses, with the data of the first of the audience and yours."""
    row = await campaigns.get(session, caller.application_id, campaign_id)
    sent = await campaign_test_sends.send(session, row, body, versions, _by(caller))
    after_commit(session, lambda: starts.offer(sent.start))
    return TestSentView(notifications=sent.ids)


def _copy(row: campaigns.Row) -> dict[str, Any]:
    return campaign_drafts.copied(row, f"{row['name'][:190]} (copy)")


async def _inserted(session: Session, caller: Caller, values: dict[str, Any]) -> CampaignView:
    id = uuid7()
    await campaigns.insert(session, id, caller.application_id, values, _by(caller))
    return campaign_view(await campaigns.get(session, caller.application_id, id))


def _by(caller: Caller) -> By:
    return By(caller.owner, caller.key_id)
