"""Applications of the platform: for keys that look after all of them."""

from datetime import time
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from api.deps import ApplicationReader, ApplicationWriter, Session, Usual, actor_of
from api.fields import time_zone
from api.json_route import JsonRoute
from api.key_bodies import ApplicationCreate, ApplicationPatch
from api.key_views import ApplicationPage, ApplicationView, NewApplicationView, application_view
from api.pages import Page
from models import key_grant
from models.key_grant import Grant
from models.new_key import new_key
from models.repositories import api_keys, application_directory

router = APIRouter(prefix="/v1/applications", tags=["applications"], route_class=JsonRoute)
CONFLICT: dict[int | str, Any] = {409: {"description": "Of that name there is one."}}


@router.post("", status_code=201, responses=CONFLICT)
async def create_application(
    body: ApplicationCreate, caller: ApplicationWriter, session: Session, usual: Usual
) -> NewApplicationView:
    """Make one, with the usual categories and a first key, which is shown now and never again."""
    asked, actor = body.key, actor_of(caller)
    grant = Grant(asked.scopes, asked.expires_at, asked.requests_per_second)
    key_grant.check(grant, caller, usual)
    id = await application_directory.create(session, body.name, _columns(body), actor)
    made = new_key(id, asked.name, asked.owner, grant)
    await api_keys.create(session, made.row, actor)
    view = application_view(await application_directory.get(session, id))
    key = {**await api_keys.get(session, id, made.row.id), "key": made.secret}
    return NewApplicationView.model_validate({**view.model_dump(), "key": key})


@router.get("")
async def list_applications(
    caller: ApplicationReader, session: Session, page: Page
) -> ApplicationPage:
    """List all of the platform, by name."""
    after = page.after[0] if page.after else None
    rows = await application_directory.page(session, after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return ApplicationPage(items=[application_view(row) for row in items], next=following)


@router.get("/{application_id}")
async def get_application(
    application_id: UUID, caller: ApplicationReader, session: Session
) -> ApplicationView:
    """Read one."""
    return application_view(await application_directory.get(session, application_id))


@router.patch("/{application_id}", responses=CONFLICT)
async def change_application(
    application_id: UUID, body: ApplicationPatch, caller: ApplicationWriter, session: Session
) -> ApplicationView:
    """Change its name, its clock, its off-hours window or its keys' limit."""
    changes = _columns(body)
    if body.name is not None:
        changes["name"] = body.name
    await application_directory.edit(session, application_id, changes, actor_of(caller))
    return application_view(await application_directory.get(session, application_id))


def _columns(body: ApplicationCreate | ApplicationPatch) -> dict[str, Any]:
    """What was said, as columns; null takes a limit away, and says nothing of the rest."""
    columns: dict[str, Any] = {}
    if body.time_zone is not None:
        columns["time_zone"] = time_zone(body.time_zone, "time_zone")
    if body.off_hours is not None:
        columns["off_hours_from"] = time.fromisoformat(body.off_hours.begins)
        columns["off_hours_to"] = time.fromisoformat(body.off_hours.ends)
    if "requests_per_second" in body.model_fields_set:
        columns["requests_per_second"] = body.requests_per_second
    return columns
