"""How far a campaign is, as JSON and as server-sent events; its report; its account."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.campaign_views import CampaignView, EventPage, ProgressView, campaign_view, event_page
from api.deps import CampaignReader, Session, is_still_known
from api.json_route import JsonRoute
from api.streams import Stream
from models.campaign import ENDED, CampaignStatus
from models.errors import Conflict
from models.repositories import campaign_books, campaigns
from models.repositories.campaign_books import Books
from models.repositories.campaigns import Row

router = APIRouter(prefix="/v1/campaigns/{campaign_id}", tags=["campaigns"], route_class=JsonRoute)

EVERY_SECONDS = 1.0
LARGEST = 2**63 - 1  # that PostgreSQL can number
EVENTS: dict[int | str, Any] = {
    200: {
        "description": "Events named `progress`, each a ProgressView as JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class ReportView(ProgressView):
    """What became of an ended campaign."""

    campaign: CampaignView
    seconds: float | None


@router.get("/progress")
async def campaign_progress(
    campaign_id: UUID, caller: CampaignReader, session: Session
) -> ProgressView:
    """Counts by state and reason, the rate of the last ten seconds, the estimated end."""
    row = await campaigns.get(session, caller.application_id, campaign_id)
    return progress_view(row, await campaign_books.books(session, row))


@router.get("/progress/stream", response_class=EventSourceResponse, responses=EVENTS)
async def stream_progress(campaign_id: UUID, caller: CampaignReader, request: Request) -> Stream:
    """The same as server-sent events named `progress`, each second, until it has ended."""
    sessions, application_id = request.app.state.sessions, caller.application_id
    async with sessions.singly() as session:  # NotFound is an answer, not an event
        await campaigns.get(session, application_id, campaign_id)

    async def progress() -> AsyncIterator[ServerSentEvent]:
        last = ""
        while await is_still_known(request):
            async with sessions.singly() as session:
                row = await campaigns.get(session, application_id, campaign_id)
                books = await campaign_books.books(session, row)
            view = progress_view(row, books)
            if (said := view.model_dump_json()) != last:
                yield ServerSentEvent(said, event="progress")
                last = said
            if view.status in ENDED and not books.open:
                return
            await asyncio.sleep(EVERY_SECONDS)

    return Stream(request, progress())


@router.get("/report", responses={409: {"description": "It has not ended."}})
async def campaign_report(
    campaign_id: UUID, caller: CampaignReader, session: Session
) -> ReportView:
    """What became of everybody, once it has ended."""
    row = await campaigns.get(session, caller.application_id, campaign_id)
    if row["status"] not in ENDED:
        detail = f"it is {row['status']}; /progress says how far it is"
        raise Conflict(detail, field="status", reason="not_ended")
    progress = progress_view(row, await campaign_books.books(session, row))
    took: timedelta | None = row["ended_at"] - row["started_at"] if row["started_at"] else None
    return ReportView(
        **progress.model_dump(),
        campaign=campaign_view(row),
        seconds=took.total_seconds() if took else None,
    )


@router.get("/events")
async def campaign_events(
    campaign_id: UUID,
    caller: CampaignReader,
    session: Session,
    after: Annotated[int, Query(ge=0, le=LARGEST, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventPage:
    """Who did what, oldest first; refused approvals too."""
    await campaigns.get(session, caller.application_id, campaign_id)
    return event_page(await campaigns.events(session, campaign_id, after, limit), limit)


def progress_view(row: Row, books: Books) -> ProgressView:
    """From row and books. The end is estimated from the rate of the last seconds."""
    left = books.open
    running = row["status"] == CampaignStatus.RUNNING
    end = None
    if running and left and books.per_second > 0:
        end = books.at + timedelta(seconds=left / books.per_second)
    return ProgressView(
        status=row["status"],
        people=row["people"] or 0,
        counts=books.states,
        reasons=books.reasons,
        per_second=round(books.per_second, 1) if running else 0.0,
        estimated_end=end,
        at=books.at,
    )
