"""Categories: what kinds of notifications there are, and what follows from each."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.category_bodies import CategoryCreate, CategoryPatch
from api.category_views import CategoryPage, CategoryView, category_view
from api.deps import Session, TemplateReader, TemplateWriter, actor_of
from api.fields import ONE_LINE
from api.json_route import JsonRoute
from api.pages import Page
from models.repositories import categories

router = APIRouter(prefix="/v1/categories", tags=["categories"], route_class=JsonRoute)
TAKEN: dict[int | str, Any] = {409: {"description": "Of that name there is one, or it is in use."}}
Name = Annotated[str, Path(max_length=100, pattern=ONE_LINE)]


@router.post("", status_code=201, responses=TAKEN)
async def create_category(
    body: CategoryCreate, caller: TemplateWriter, session: Session
) -> CategoryView:
    """Make one. A deleted one of that name comes back, as it is described now."""
    made = await categories.insert(
        session, caller.application_id, actor_of(caller), body.name, body.values()
    )
    return category_view(made)


@router.get("")
async def list_categories(caller: TemplateReader, session: Session, page: Page) -> CategoryPage:
    """List them, by name."""
    after = page.after[0] if page.after else None
    rows = await categories.page(session, caller.application_id, after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return CategoryPage(items=[category_view(row) for row in items], next=following)


@router.get("/{name}")
async def get_category(name: Name, caller: TemplateReader, session: Session) -> CategoryView:
    """Read one."""
    return category_view(await categories.get(session, caller.application_id, name))


@router.patch("/{name}")
async def change_category(
    name: Name, body: CategoryPatch, caller: TemplateWriter, session: Session
) -> CategoryView:
    """Change it, for what is accepted from now on. What was accepted keeps what it had."""
    changed = await categories.change(
        session, caller.application_id, actor_of(caller), name, body.values()
    )
    return category_view(changed)


@router.delete("/{name}", status_code=204, response_class=Response, responses=TAKEN)
async def delete_category(name: Name, caller: TemplateWriter, session: Session) -> None:
    """Delete it. While templates, open notifications or campaigns use it: 409 names them."""
    await categories.archive(session, caller.application_id, actor_of(caller), name)
