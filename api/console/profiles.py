"""Profiles: found, made, edited, merged, deleted; and all that each of them got, and why."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BeforeValidator

from api.address_search import forms_of
from api.console import profile_forms
from api.console.forms import Form, FormOnce
from api.console.routes import pages
from api.console.visits import Author, Reader, StaffVisit
from api.deps import Session, Starts, after_commit
from api.fields import ONE_LINE
from api.notification_list_views import listed
from api.pages import Page
from models.messages import Channel
from models.notification_filters import Filters
from models.person_fields import LONGEST
from models.repositories import (
    audit_log,
    contacts,
    groups,
    profile_deletions,
    profile_merges,
    profile_search,
    profiles,
)
from models.repositories.notification_search import search
from models.repositories.profile_search import Search
from models.repositories.profiles import Ref

router = pages("/profiles")
MOST_GROUPS = 100  # to choose from
WOKEN_AT_ONCE = 100
Word = Annotated[str, Query(max_length=LONGEST, pattern=ONE_LINE)]
Chosen = Annotated[UUID | None, BeforeValidator(lambda value: value or None), Query()]


@router.get("")
async def list_profiles(
    visit: Reader,
    session: Session,
    page: Page,
    external_id: Word = "",
    name: Word = "",
    address: Word = "",
    group: Chosen = None,
) -> Response:
    """Those that are looked for, or the newest."""
    wanted = Search(
        external_id=external_id or None,
        name=name or None,
        addresses=forms_of(address) if address else None,
        group_id=group,
    )
    rows = await profile_search.page(session, visit.application_id, wanted, page.after, page.fetch)
    items, following = page.cut(rows, lambda row: profile_search.position(row, wanted))
    return visit.render(
        "profiles/list.html",
        part="profiles/rows.html",
        items=items,
        next=following,
        asked={"external_id": external_id, "name": name, "address": address, "group": group},
        groups=await group_choices(visit, session),
    )


@router.get("/new")
async def new(visit: Author) -> Response:
    """The form."""
    return visit.render("profiles/new.html", channels=list(Channel))


@router.post("")
async def create(visit: Author, session: Session, form: FormOnce) -> Response:
    """Make one, with its first contact."""
    body = profile_forms.created(form)
    said = body.said()
    id = await profiles.insert(session, visit.application_id, body.external_id, said)
    await contacts.put(session, id, said.get("contacts", []))
    await audit_log.append(session, visit.entry("profile.create", "profile", id))
    return visit.to(f"/profiles/{id}", visit.text("It is made."))


@router.get("/{profile_id}")
async def profile(visit: Reader, session: Session, profile_id: UUID, page: Page) -> Response:
    """One, and what it got and why, the newest first."""
    row = await profiles.get(session, visit.application_id, Ref(profile_id))
    after = UUID(page.after[0]) if page.after else None
    of_it = Filters(profile=str(row["id"]))
    found = await search(session, visit.application_id, of_it, after, page.limit)
    return visit.render(
        "profiles/detail.html",
        part="profiles/history.html",
        found=row,
        items=[listed(each) for each in found.rows],
        next=found.after and page.cursor([str(found.after)]),
        channels=list(Channel),
        groups=await group_choices(visit, session),
    )


@router.post("/{profile_id}/edit")
async def edit(visit: Author, session: Session, profile_id: UUID, form: Form) -> Response:
    """All but its contacts and groups; a field that is empty empties it."""
    body = profile_forms.edited(form)
    row = await profiles.locked(session, visit.application_id, Ref(profile_id))
    profiles.check_revision(row, body.revision)
    await profiles.edit(session, row, body.external_id, body.said())
    changed = profile_forms.changed(row, form)
    entry = visit.entry("profile.edit", "profile", row["id"], {"fields": changed})
    await audit_log.append(session, entry)
    return visit.to(f"/profiles/{row['id']}", visit.text("It is saved."))


@router.post("/{profile_id}/merge")
async def merge(visit: Author, session: Session, profile_id: UUID, form: Form) -> Response:
    """Make it one with another, which stays."""
    into = Ref(external_id=form.to(profile_forms.Into).into)
    application_id = visit.application_id
    await profile_merges.merge(session, application_id, Ref(profile_id), into, visit.actor)
    row = await profiles.get(session, application_id, into)
    return visit.to(f"/profiles/{row['id']}", visit.text("The two are one now."))


@router.post("/{profile_id}/delete")
async def delete(visit: Author, session: Session, profile_id: UUID, starts: Starts) -> Response:
    """Delete it; what was on its way to it is cancelled."""
    deleted = await profile_deletions.delete(
        session, visit.application_id, Ref(profile_id), visit.actor
    )
    for workflow_id in deleted.workflow_ids[:WOKEN_AT_ONCE]:
        after_commit(session, partial(starts.wake, workflow_id))
    notice = visit.text(
        "It is deleted. Cancelled on their way: %(stopped)s; gone already: %(under_way)s.",
        stopped=deleted.stopped,
        under_way=deleted.under_way,
    )
    return visit.to("/profiles", notice)


async def group_choices(visit: StaffVisit, session: Session) -> list[tuple[str, str]]:
    """For a select: values and texts."""
    rows = await groups.page(session, visit.application_id, "", None, MOST_GROUPS)
    return [(str(row["id"]), row["name"]) for row in rows]
