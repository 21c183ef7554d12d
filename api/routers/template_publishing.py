"""Templates: publishing a version, and rolling back to an earlier one."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from api.deps import Session, TemplatePublisher, actor_of
from api.json_route import JsonRoute
from api.routers.templates import Name, Number, seen
from api.template_bodies import Publish, RollBack
from api.template_views import TemplateView
from models.repositories import template_changes

router = APIRouter(prefix="/v1/templates", tags=["templates"], route_class=JsonRoute)
LATE: dict[int | str, Any] = {409: {"description": "Another version is published by now."}}


@router.post("/{name}/versions/{number}/publish", responses=LATE)
async def publish_version(
    name: Name,
    number: Number,
    body: Annotated[Publish, Body(default_factory=Publish)],
    caller: TemplatePublisher,
    session: Session,
) -> TemplateView:
    """Publish a version: it counts from the next request on, in every process.

    Of two at once one wins, the other gets 409 and `published`, the version that is.
    """
    await template_changes.publish(
        session,
        caller.application_id,
        actor_of(caller),
        name,
        number,
        body.expected_published,
    )
    return await seen(session, caller, name)


@router.post("/{name}/rollback", responses=LATE)
async def roll_back(
    name: Name,
    body: Annotated[RollBack, Body(default_factory=RollBack)],
    caller: TemplatePublisher,
    session: Session,
) -> TemplateView:
    """Publish an earlier version again: the one named, or the one that was published before."""
    await template_changes.roll_back(
        session,
        caller.application_id,
        actor_of(caller),
        name,
        body.version,
        body.expected_published,
    )
    return await seen(session, caller, name)
