"""Groups: named sets of profiles, which campaigns name as their audience."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import ProfileReader, ProfileWriter, Session, actor_of
from api.fields import ONE_LINE
from api.group_bodies import GroupCreate, GroupPage, GroupPatch, GroupView, group_view
from api.json_route import JsonRoute
from api.pages import Page
from models.repositories import groups, profiles

router = APIRouter(prefix="/v1/groups", tags=["groups"], route_class=JsonRoute)
CONFLICTS: dict[int | str, Any] = {409: {"description": "Not as it is now."}}
Beginning = Annotated[
    str, Query(max_length=100, pattern=ONE_LINE, description="the beginning of its name")
]


@router.post("", status_code=201, responses=CONFLICTS)
async def create_group(body: GroupCreate, caller: ProfileWriter, session: Session) -> GroupView:
    """Make one, without members."""
    application_id = caller.application_id
    id = await groups.insert(session, application_id, body.name, body.description)
    return group_view(await groups.get(session, application_id, id))


@router.get("")
async def list_groups(
    caller: ProfileReader, session: Session, page: Page, name: Beginning = ""
) -> GroupPage:
    """List them by name, and how many are in each."""
    rows = await groups.page(session, caller.application_id, name, page.after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return GroupPage(items=[group_view(row) for row in items], next=following)


@router.get("/{group_id}")
async def get_group(group_id: UUID, caller: ProfileReader, session: Session) -> GroupView:
    """Read one, and how many are in it."""
    return group_view(await groups.get(session, caller.application_id, group_id))


@router.patch("/{group_id}", responses=CONFLICTS)
async def edit_group(
    group_id: UUID, body: GroupPatch, caller: ProfileWriter, session: Session
) -> GroupView:
    """Rename or describe it. One that a campaign names keeps its name."""
    row = await groups.lock(session, caller.application_id, group_id)
    profiles.check_revision(row, body.revision)
    await groups.edit(session, row, body.name, body.description)
    return group_view(await groups.get(session, caller.application_id, group_id))


@router.delete("/{group_id}", status_code=204, responses=CONFLICTS)
async def delete_group(group_id: UUID, caller: ProfileWriter, session: Session) -> Response:
    """Delete it, not its members. One that a campaign names stays: the problem says which."""
    row = await groups.lock(session, caller.application_id, group_id)
    await groups.delete(session, row, actor_of(caller))
    return Response(status_code=204)
