"""Templates: found, read, compared, published, rolled back, put away. Written: `template_editor`.

Not `templates.py`: that is the folder of what the pages are made of.
"""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from api.console.forms import Form
from api.console.routes import pages
from api.console.visits import Approver, Author, Reader, StaffVisit
from api.deps import Session
from api.fields import ONE_LINE
from api.pages import Page
from models.content_diff import content_diff
from models.repositories import categories, template_changes, templates

router = pages("/templates")
Name = Annotated[str, Path(max_length=100, pattern=ONE_LINE)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Word = Annotated[str, Query(max_length=100, pattern=ONE_LINE)]
MOST_CATEGORIES = 1000


class PublishForm(BaseModel):
    """Which version, and what the page said was published."""

    version: Number
    expected: Annotated[int, Field(ge=0, le=2**31 - 1)]


class RollBackForm(BaseModel):
    """What the page said was published."""

    expected: Number


@router.get("")
async def list_templates(
    visit: Reader,
    session: Session,
    page: Page,
    search: Word = "",
    category: Word = "",
    archived: bool = False,
) -> Response:
    """All, by name."""
    after = page.after[0] if page.after else None
    filters = {"search": search, "category": category or None, "archived": archived}
    rows = await templates.page(session, visit.application_id, filters, after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return visit.render(
        "templates/list.html",
        part="templates/rows.html",
        items=items,
        next=following,
        search=search,
        category=category,
        archived=archived,
        categories=await category_choices(visit, session),
    )


@router.get("/{name}")
async def template(visit: Reader, session: Session, name: Name) -> Response:
    """One, with its versions, and who published which."""
    row = await templates.get(session, visit.application_id, name)
    return visit.render(
        "templates/detail.html",
        found=row,
        versions=await templates.versions(session, row["id"]),
        publishes=await templates.publishes(session, row["id"]),
        categories=await category_choices(visit, session),
    )


@router.get("/{name}/diff")
async def diff(
    visit: Reader, session: Session, name: Name, before: Number, after: Number
) -> Response:
    """What one version has that the other has not."""
    row = await templates.get(session, visit.application_id, name)
    old = await templates.version(session, row["id"], before)
    new = await templates.version(session, row["id"], after)
    return visit.render(
        "templates/diff.html",
        found=row,
        old=old,
        new=new,
        parts=content_diff(old["content"], new["content"], (str(before), str(after))),
        numbers=[(v["number"], v["number"]) for v in await templates.versions(session, row["id"])],
    )


@router.post("/{name}/publish")
async def publish(visit: Approver, session: Session, name: Name, form: Form) -> Response:
    """Publish a version, if what is published is still what the page said."""
    body = form.to(PublishForm)
    await template_changes.publish(
        session, visit.application_id, visit.actor, name, body.version, body.expected
    )
    said = visit.text("Version %(number)s is published.", number=body.version)
    return visit.to(f"/templates/{name}", said)


@router.post("/{name}/rollback")
async def roll_back(visit: Approver, session: Session, name: Name, form: Form) -> Response:
    """Publish what was published before."""
    expected = form.to(RollBackForm).expected
    await template_changes.roll_back(
        session, visit.application_id, visit.actor, name, expected=expected
    )
    row = await templates.get(session, visit.application_id, name)
    said = visit.text("Version %(number)s is published again.", number=row["published"])
    return visit.to(f"/templates/{name}", said)


@router.post("/{name}/category")
async def categorise(visit: Author, session: Session, name: Name, form: Form) -> Response:
    """Put it into another category, or into none."""
    await template_changes.categorise(
        session, visit.application_id, visit.actor, name, form.get("category")
    )
    return visit.to(f"/templates/{name}", visit.text("It is saved."))


@router.post("/{name}/delete")
async def delete(visit: Author, session: Session, name: Name) -> Response:
    """Put it away, unless something open uses it."""
    await template_changes.archive(session, visit.application_id, visit.actor, name)
    return visit.to("/templates", visit.text("It is deleted: sends with it are refused."))


async def category_choices(visit: StaffVisit, session: Session) -> list[tuple[str, str]]:
    """For a select: values and texts."""
    rows = await categories.page(session, visit.application_id, None, MOST_CATEGORIES)
    return [(row["name"], row["name"]) for row in rows]
