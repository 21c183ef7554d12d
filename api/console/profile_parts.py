"""Contacts and groups of a profile: what its page does with them."""

from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from api.console.forms import Form
from api.console.routes import pages
from api.console.visits import Author, StaffVisit
from api.deps import Session
from api.profile_bodies import ContactCreate
from models.profile_rows import contact as in_one_form
from models.repositories import audit_log, contacts, group_members, groups, profiles
from models.repositories.profiles import Ref, Row

router = pages("/profiles/{profile_id}")


class Which(BaseModel):
    """One of the application's groups."""

    group_id: UUID


@router.post("/contacts")
async def add_contact(visit: Author, session: Session, profile_id: UUID, form: Form) -> Response:
    """One more, after the others of its channel."""
    contact = in_one_form(form.to(ContactCreate).model_dump(mode="json"))
    row = await _locked(visit, session, profile_id)
    await contacts.add(session, row["id"], contact, None)
    return await _done(visit, session, row, "contact.add", {"channel": contact["channel"]})


@router.post("/contacts/{contact_id}/first")
async def rank_first(
    visit: Author, session: Session, profile_id: UUID, contact_id: UUID
) -> Response:
    """Of its channel the one that is told."""
    row = await _locked(visit, session, profile_id)
    await contacts.rank_first(session, row["id"], contact_id)
    return await _done(visit, session, row, "contact.rank", {"contact": str(contact_id)})


@router.post("/contacts/{contact_id}/remove")
async def remove_contact(
    visit: Author, session: Session, profile_id: UUID, contact_id: UUID
) -> Response:
    """Nothing more is decided for it."""
    row = await _locked(visit, session, profile_id)
    await contacts.remove(session, row["id"], contact_id)
    return await _done(visit, session, row, "contact.remove", {"contact": str(contact_id)})


@router.post("/groups")
async def join(visit: Author, session: Session, profile_id: UUID, form: Form) -> Response:
    """One group more."""
    group = await groups.lock(session, visit.application_id, form.to(Which).group_id)
    row = await _locked(visit, session, profile_id)
    await group_members.add(session, group["id"], [row["id"]])
    return await _done(visit, session, row, "group.add", {"group": str(group["id"])})


@router.post("/groups/{group_id}/leave")
async def leave(visit: Author, session: Session, profile_id: UUID, group_id: UUID) -> Response:
    """One group less."""
    group = await groups.lock(session, visit.application_id, group_id)
    row = await _locked(visit, session, profile_id)
    await group_members.remove(session, group["id"], [row["id"]])
    return await _done(visit, session, row, "group.remove", {"group": str(group["id"])})


async def _locked(visit: StaffVisit, session: Session, profile_id: UUID) -> Row:
    return await profiles.locked(session, visit.application_id, Ref(profile_id))


async def _done(
    visit: StaffVisit, session: Session, row: Row, action: str, detail: dict[str, str]
) -> Response:
    """A change of the profile too, written down."""
    await profiles.touch(session, row)
    await audit_log.append(session, visit.entry(action, "profile", row["id"], detail))
    return visit.to(f"/profiles/{row['id']}", visit.text("It is saved."))
