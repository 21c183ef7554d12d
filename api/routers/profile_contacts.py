"""Contacts of a profile: added, ranked, removed. Every change is one of the profile too."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import ProfileWriter, Session
from api.json_route import JsonRoute
from api.profile_bodies import ContactCreate, ContactPatch, ProfileRef
from api.profile_bodies import ref_of as ref
from api.profile_views import ProfileView, profile_view
from api.routers.profiles import CONFLICTS
from models.profile_rows import contact as in_one_form
from models.repositories import contacts, profiles
from models.repositories.profiles import Ref, Row

router = APIRouter(
    prefix="/v1/profiles/{profile_id}/contacts", tags=["profiles"], route_class=JsonRoute
)


@router.post("", status_code=201, responses=CONFLICTS)
async def add_contact(
    profile_id: ProfileRef, body: ContactCreate, caller: ProfileWriter, session: Session
) -> ProfileView:
    """Add one. An address that the profile has already is refused, and names the contact."""
    contact = in_one_form(body.model_dump(mode="json"))
    row = await profiles.locked(session, caller.application_id, ref(profile_id))
    await contacts.add(session, row["id"], contact, body.rank)
    return await _changed(session, row)


@router.patch("/{contact_id}")
async def rank_contact(
    profile_id: ProfileRef,
    contact_id: UUID,
    body: ContactPatch,
    caller: ProfileWriter,
    session: Session,
) -> ProfileView:
    """Change its rank: the lowest of a channel is told."""
    row = await profiles.locked(session, caller.application_id, ref(profile_id))
    await contacts.rank(session, row["id"], contact_id, body.rank)
    return await _changed(session, row)


@router.delete("/{contact_id}")
async def remove_contact(
    profile_id: ProfileRef, contact_id: UUID, caller: ProfileWriter, session: Session
) -> ProfileView:
    """Remove it. Messages that are queued for it already still go there."""
    row = await profiles.locked(session, caller.application_id, ref(profile_id))
    await contacts.remove(session, row["id"], contact_id)
    return await _changed(session, row)


async def _changed(session: Session, row: Row) -> ProfileView:
    await profiles.touch(session, row)
    return profile_view(await profiles.get(session, row["application_id"], Ref(row["id"])))
