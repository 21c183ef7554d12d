"""Who is in a group: listed, added, removed and replaced, by external id."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from api.deps import Begin, ProfileReader, ProfileWriter, Session
from api.group_bodies import (
    MembersBulkView,
    MembersChange,
    MembersReplace,
    MembersView,
    members_view,
)
from api.group_members_bulk import MembersIntake, Mode
from api.json_route import JsonRoute
from api.ndjson_intake import NDJSON
from api.pages import Page
from api.profile_views import ProfilePage, profile_view
from models.repositories import group_members, groups

router = APIRouter(prefix="/v1/groups/{group_id}/members", tags=["groups"], route_class=JsonRoute)
LINE = '{"external_id": "4711"}\n'
LINES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": {"type": "string"}, "example": LINE}},
    }
}


@router.get("")
async def list_members(
    group_id: UUID, caller: ProfileReader, session: Session, page: Page
) -> ProfilePage:
    """List them as profiles, the oldest first."""
    await groups.get(session, caller.application_id, group_id)
    rows = await group_members.page(session, group_id, page.after, page.fetch)
    items, following = page.cut(rows, lambda row: [str(row["id"])])
    return ProfilePage(items=[profile_view(row) for row in items], next=following)


@router.post("")
async def change_members(
    group_id: UUID, body: MembersChange, caller: ProfileWriter, session: Session
) -> MembersView:
    """Add and remove up to 1,000 each. Unknown external ids are named, and hold up no others."""
    await groups.lock(session, caller.application_id, group_id)
    changed = await group_members.change(
        session, caller.application_id, group_id, body.add, body.remove
    )
    row = await groups.get(session, caller.application_id, group_id)
    return members_view(row, **asdict(changed))


@router.put("")
async def replace_members(
    group_id: UUID, body: MembersReplace, caller: ProfileWriter, session: Session
) -> MembersView:
    """These, and nobody else: up to 1,000; more by NDJSON. Unknown external ids are named."""
    await groups.lock(session, caller.application_id, group_id)
    found = await group_members.resolve(session, caller.application_id, body.external_ids)
    ids = list(set(found.values()))
    added, removed = await group_members.replace(session, group_id, ids)
    return members_view(
        await groups.get(session, caller.application_id, group_id),
        added=added,
        removed=removed,
        unknown=sorted(set(body.external_ids) - set(found)),
    )


@router.post("/bulk", openapi_extra=LINES)
async def change_members_in_bulk(
    group_id: UUID, request: Request, caller: ProfileWriter, begin: Begin, mode: Mode = "add"
) -> MembersBulkView:
    """Add, remove or replace up to 100,000, a JSON object a line.

    A bad line is refused by itself. A replacement is made at once, after the last line.
    """
    return await MembersIntake(begin, caller.application_id, group_id, mode).take(request)
