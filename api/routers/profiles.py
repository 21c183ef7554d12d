"""Profiles: people who receive. What was merged into another answers as the other."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from api.deps import (
    Begin,
    ProfileReader,
    ProfileWriter,
    Session,
    Starts,
    actor_of,
    after_commit,
)
from api.json_route import JsonRoute
from api.ndjson_intake import NDJSON
from api.pages import Page
from api.profile_bodies import ProfileCreate, ProfileMerge, ProfilePatch, ProfileRef
from api.profile_bodies import ref_of as ref
from api.profile_bulk import upserted
from api.profile_search import ProfileSearch
from api.profile_views import (
    BulkView,
    ProfileDeletedView,
    ProfilePage,
    ProfileView,
    deleted_view,
    profile_view,
)
from models.repositories import (
    contacts,
    profile_deletions,
    profile_merges,
    profile_search,
    profiles,
)
from models.repositories.profiles import Ref

router = APIRouter(prefix="/v1/profiles", tags=["profiles"], route_class=JsonRoute)
CONFLICTS: dict[int | str, Any] = {409: {"description": "Not as it is now."}}
WOKEN_AT_ONCE = 100  # workflows; those beyond are found overdue
LINE = '{"external_id": "4711", "contacts": [{"channel": "email", "address": "ada@example.com"}]}\n'
LINES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": {"type": "string"}, "example": LINE}},
    }
}


@router.post("", status_code=201, responses=CONFLICTS)
async def create_profile(
    body: ProfileCreate, caller: ProfileWriter, session: Session
) -> ProfileView:
    """Make one, with its contacts."""
    said = body.said()
    id = await profiles.insert(session, caller.application_id, body.external_id, said)
    await contacts.put(session, id, said.get("contacts", []))
    return profile_view(await profiles.get(session, caller.application_id, Ref(id)))


@router.get("")
async def list_profiles(
    caller: ProfileReader, session: Session, page: Page, search: ProfileSearch
) -> ProfilePage:
    """List them, the newest first; those of an external id's beginning in its order."""
    rows = await profile_search.page(session, caller.application_id, search, page.after, page.fetch)
    items, following = page.cut(rows, lambda row: profile_search.position(row, search))
    return ProfilePage(items=[profile_view(row) for row in items], next=following)


@router.post("/bulk", openapi_extra=LINES)
async def upsert_profiles(request: Request, caller: ProfileWriter, begin: Begin) -> BulkView:
    """Make or change up to 100,000 by their `external_id`, a JSON object a line.

    A field that a line does not name stays as it is; `contacts` are all of them. A bad line is
    refused by itself. To send the same again changes nothing.
    """
    return await upserted(request, begin, caller.application_id)


@router.get("/{profile_id}")
async def get_profile(
    profile_id: ProfileRef, caller: ProfileReader, session: Session
) -> ProfileView:
    """Read one, with its contacts and groups."""
    return profile_view(await profiles.get(session, caller.application_id, ref(profile_id)))


@router.patch("/{profile_id}", responses=CONFLICTS)
async def edit_profile(
    profile_id: ProfileRef, body: ProfilePatch, caller: ProfileWriter, session: Session
) -> ProfileView:
    """Change it as you read it: what somebody else has changed since is not overwritten."""
    said = body.said()
    row = await profiles.locked(session, caller.application_id, ref(profile_id))
    profiles.check_revision(row, body.revision)
    await profiles.edit(session, row, body.external_id, said)
    return profile_view(await profiles.get(session, caller.application_id, Ref(row["id"])))


@router.delete("/{profile_id}", responses=CONFLICTS)
async def delete_profile(
    profile_id: ProfileRef, caller: ProfileWriter, session: Session, starts: Starts
) -> ProfileDeletedView:
    """Delete it with its contacts. What is on its way to it is cancelled, and says why."""
    deleted = await profile_deletions.delete(
        session, caller.application_id, ref(profile_id), actor_of(caller)
    )
    for workflow_id in deleted.workflow_ids[:WOKEN_AT_ONCE]:
        after_commit(session, partial(starts.wake, workflow_id))
    return deleted_view(deleted)


@router.post("/{profile_id}/merge", responses=CONFLICTS)
async def merge_profile(
    profile_id: ProfileRef, body: ProfileMerge, caller: ProfileWriter, session: Session
) -> ProfileView:
    """Make it one with another: contacts, groups and history move, and its ids lead there."""
    into = ref(body.into, "into")
    await profile_merges.merge(
        session, caller.application_id, ref(profile_id), into, actor_of(caller)
    )
    return profile_view(await profiles.get(session, caller.application_id, into))
