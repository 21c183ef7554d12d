"""Templates: made, read, versioned, compared, previewed. Publishing: `template_publishing.py`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.deps import Session, TemplateReader, TemplateWriter, actor_of
from api.fields import ONE_LINE
from api.json_route import JsonRoute
from api.pages import Page
from api.template_bodies import PreviewAsked, TemplateCreate, TemplatePatch, VersionCreate
from api.template_views import (
    DiffView,
    MessagePreview,
    TemplateLine,
    TemplatePage,
    TemplateView,
    VersionView,
    diff_view,
    message_preview,
    template_view,
)
from models.content_diff import content_diff
from models.repositories import template_changes, template_previews, templates
from models.repositories.api_keys import Caller
from models.repositories.template_previews import Asked
from models.template_draft import drafted

router = APIRouter(prefix="/v1/templates", tags=["templates"], route_class=JsonRoute)
TAKEN: dict[int | str, Any] = {409: {"description": "Of that name there is one, or it is in use."}}
Name = Annotated[str, Path(max_length=100, pattern=ONE_LINE)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Search = Annotated[
    str, Query(max_length=100, pattern=ONE_LINE, description="a part of the name, in any case")
]
InCategory = Annotated[str | None, Query(max_length=100, pattern=ONE_LINE)]


@router.post("", status_code=201, responses=TAKEN)
async def create_template(
    body: TemplateCreate, caller: TemplateWriter, session: Session
) -> TemplateView:
    """Make one, with its first version as a draft. A deleted one of that name comes back."""
    draft = drafted(body.content, body.variables)
    await template_changes.create(
        session, caller.application_id, actor_of(caller), body.name, body.category, draft
    )
    return await seen(session, caller, body.name)


@router.get("")
async def list_templates(
    caller: TemplateReader,
    session: Session,
    page: Page,
    search: Search = "",
    category: InCategory = None,
    archived: Annotated[bool, Query(description="deleted ones too")] = False,
) -> TemplatePage:
    """List them, by name."""
    after = page.after[0] if page.after else None
    filters = {"search": search, "category": category, "archived": archived}
    rows = await templates.page(session, caller.application_id, filters, after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return TemplatePage(items=[TemplateLine.model_validate(row) for row in items], next=following)


@router.get("/{name}")
async def get_template(name: Name, caller: TemplateReader, session: Session) -> TemplateView:
    """Read one, with its versions and publishes; a deleted one too."""
    return await seen(session, caller, name)


@router.patch("/{name}", responses=TAKEN)
async def change_template(
    name: Name, body: TemplatePatch, caller: TemplateWriter, session: Session
) -> TemplateView:
    """Put it into another category, for what is accepted from now on."""
    await template_changes.categorise(
        session, caller.application_id, actor_of(caller), name, body.category
    )
    return await seen(session, caller, name)


@router.delete("/{name}", status_code=204, response_class=Response, responses=TAKEN)
async def delete_template(name: Name, caller: TemplateWriter, session: Session) -> None:
    """Delete it: sends with it are refused. While something open uses it: 409 names that."""
    await template_changes.archive(session, caller.application_id, actor_of(caller), name)


@router.post("/{name}/versions", status_code=201, responses=TAKEN)
async def create_version(
    name: Name, body: VersionCreate, caller: TemplateWriter, session: Session
) -> VersionView:
    """Add a version, as a draft. What does not compile is refused, with part and line."""
    draft = drafted(body.content, body.variables)
    number = await template_changes.add_version(
        session, caller.application_id, actor_of(caller), name, draft
    )
    return await _version(session, caller, name, number)


@router.get("/{name}/versions/{number}")
async def get_version(
    name: Name, number: Number, caller: TemplateReader, session: Session
) -> VersionView:
    """Read a version, with its content."""
    return await _version(session, caller, name, number)


@router.get("/{name}/versions/{number}/diff/{other}")
async def diff_versions(
    name: Name, number: Number, other: Number, caller: TemplateReader, session: Session
) -> DiffView:
    """Compare two versions: what `other` has that the first has not, part by part."""
    row = await templates.get(session, caller.application_id, name)
    before = await templates.version(session, row["id"], number)
    after = await templates.version(session, row["id"], other)
    parts = content_diff(before["content"], after["content"], (str(number), str(other)))
    return diff_view(before, after, parts)


@router.post("/{name}/preview")
async def preview_template(
    name: Name, body: PreviewAsked, caller: TemplateReader, session: Session
) -> MessagePreview:
    """Render a version, or a content that is not saved; nothing is sent. Errors name the line."""
    asked = Asked(
        body.channel.value, body.locale, body.data, body.version, body.content, body.variables
    )
    made = await template_previews.previewed(session, caller.application_id, name, asked)
    return message_preview(made)


async def seen(session: Session, caller: Caller, name: str) -> TemplateView:
    """The template as it is now."""
    row = await templates.get(session, caller.application_id, name)
    versions = await templates.versions(session, row["id"])
    return template_view(row, versions, await templates.publishes(session, row["id"]))


async def _version(session: Session, caller: Caller, name: str, number: int) -> VersionView:
    row = await templates.get(session, caller.application_id, name)
    return VersionView.model_validate(await templates.version(session, row["id"], number))
