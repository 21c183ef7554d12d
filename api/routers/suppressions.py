"""Suppressions: addresses that nothing is sent to, and why. They belong to no profile."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.address_search import Word, found_as
from api.deps import Session, SuppressionReader, SuppressionWriter, actor_of
from api.json_route import JsonRoute
from api.pages import Page
from api.suppression_bodies import (
    SuppressionCreate,
    SuppressionPage,
    SuppressionView,
    suppression_view,
)
from models.addresses import normalise
from models.messages import Channel
from models.repositories import suppressions
from models.repositories.suppressions import Search

router = APIRouter(prefix="/v1/suppressions", tags=["suppressions"], route_class=JsonRoute)
THERE: dict[int | str, Any] = {
    200: {"model": SuppressionView, "description": "It was there already, and stays as it is."}
}


async def _search(
    channel: Channel | None = None,
    address: Annotated[Word | None, Query(max_length=2000, description="in any form")] = None,
    reason: Annotated[Word | None, Query(max_length=100)] = None,
) -> Search:
    addresses = None if address is None else found_as(address, channel)
    return Search(channel.value if channel else None, reason, addresses)


@router.post("", status_code=201, responses=THERE)
async def add_suppression(
    body: SuppressionCreate, caller: SuppressionWriter, session: Session, response: Response
) -> SuppressionView:
    """Send nothing to this address any more. What a vendor has got already is not called back."""
    address = normalise(body.channel, body.address, "address")
    more = {"reason": body.reason.value, "note": body.note}
    row, new = await suppressions.add(
        session, caller.application_id, body.channel.value, address, more, actor_of(caller)
    )
    response.status_code = 201 if new else 200
    return suppression_view(row)


@router.get("")
async def list_suppressions(
    caller: SuppressionReader,
    session: Session,
    page: Page,
    search: Annotated[Search, Depends(_search)],
) -> SuppressionPage:
    """List them, the newest first."""
    rows = await suppressions.page(session, caller.application_id, search, page.after, page.fetch)
    items, following = page.cut(rows, suppressions.position)
    return SuppressionPage(items=[suppression_view(row) for row in items], next=following)


@router.get("/{suppression_id}")
async def get_suppression(
    suppression_id: UUID, caller: SuppressionReader, session: Session
) -> SuppressionView:
    """Read one: why, since when, and by whom."""
    row = await suppressions.get(session, caller.application_id, suppression_id)
    return suppression_view(row)


@router.delete("/{suppression_id}")
async def lift_suppression(
    suppression_id: UUID, caller: SuppressionWriter, session: Session
) -> SuppressionView:
    """Lift it: what is decided from now on may be sent there. The answer is what it was."""
    row = await suppressions.lift(session, caller.application_id, suppression_id, actor_of(caller))
    return suppression_view(row)
