"""Groups and who is in them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from api.console.forms import Form, FormFields, FormOnce, Revision, validated
from api.console.routes import pages
from api.console.visits import Author, Reader
from api.deps import Session
from api.fields import ONE_LINE
from api.group_bodies import GroupCreate, GroupPatch, MembersChange
from api.pages import Page
from models.repositories import audit_log, group_members, groups, profiles

router = pages("/groups")
Beginning = Annotated[str, Query(max_length=100, pattern=ONE_LINE)]


@router.get("")
async def list_groups(
    visit: Reader, session: Session, page: Page, name: Beginning = ""
) -> Response:
    """By name, and how many are in each."""
    rows = await groups.page(session, visit.application_id, name, page.after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return visit.render(
        "groups/list.html", part="groups/rows.html", items=items, next=following, name=name
    )


@router.get("/new")
async def new(visit: Author) -> Response:
    """The form."""
    return visit.render("groups/new.html")


@router.post("")
async def create(visit: Author, session: Session, form: FormOnce) -> Response:
    """Make one, without members."""
    body = form.to(GroupCreate)
    id = await groups.insert(session, visit.application_id, body.name, body.description)
    await audit_log.append(session, visit.entry("group.create", "group", id))
    return visit.to(f"/groups/{id}", visit.text("It is made."))


@router.get("/{group_id}")
async def group(visit: Reader, session: Session, group_id: UUID, page: Page) -> Response:
    """One and its members."""
    row = await groups.get(session, visit.application_id, group_id)
    rows = await group_members.page(session, group_id, page.after, page.fetch)
    items, following = page.cut(rows, lambda member: [str(member["id"])])
    return visit.render(
        "groups/detail.html",
        part="groups/members.html",
        found=row,
        items=items,
        next=following,
    )


@router.post("/{group_id}/edit")
async def edit(visit: Author, session: Session, group_id: UUID, form: Form) -> Response:
    """Name and description."""
    description = form.get("description", "")
    revision = form.to(Revision).revision
    body = form.to(GroupPatch, revision=revision, description=description)
    row = await groups.lock(session, visit.application_id, group_id)
    profiles.check_revision(row, body.revision)
    await groups.edit(session, row, body.name, body.description)
    await audit_log.append(session, visit.entry("group.edit", "group", group_id))
    return visit.to(f"/groups/{group_id}", visit.text("It is saved."))


@router.post("/{group_id}/members")
async def change_members(visit: Author, session: Session, group_id: UUID, form: Form) -> Response:
    """Add and remove, by external id, one a line."""
    said = {"add": _lines(form, "add"), "remove": _lines(form, "remove")}
    body = validated(MembersChange, said)
    await groups.lock(session, visit.application_id, group_id)
    changed = await group_members.change(
        session, visit.application_id, group_id, body.add, body.remove
    )
    detail = {"added": changed.added, "removed": changed.removed}
    await audit_log.append(session, visit.entry("group.members", "group", group_id, detail))
    notice = visit.text(
        "Added: %(added)s. Removed: %(removed)s. Not known: %(unknown)s.",
        **detail,
        unknown=len(changed.unknown),
    )
    return visit.to(f"/groups/{group_id}", notice)


@router.post("/{group_id}/delete")
async def delete(visit: Author, session: Session, group_id: UUID) -> Response:
    """Delete it, unless a campaign names it."""
    row = await groups.lock(session, visit.application_id, group_id)
    await groups.delete(session, row, visit.actor)
    return visit.to("/groups", visit.text("It is deleted, its members are not."))


def _lines(form: FormFields, name: str) -> list[str]:
    return [line.strip() for line in form.get(name, "").splitlines() if line.strip()]
