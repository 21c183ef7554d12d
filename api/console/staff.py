"""The staff, for its admins: who may log in, in which role, for which applications."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from fastapi import Response
from pydantic import AfterValidator, BaseModel, Field
from uuid_utils.compat import uuid7

from api.console.forms import Form, FormOnce
from api.console.routes import pages
from api.console.visits import AdminOfAll, StaffVisit
from api.deps import Session
from models import passwords
from models.repositories import audit_log, staff, staff_sessions
from models.repositories.staff import NewMember
from models.roles import MAY, Permission, Role

router = pages("/staff")


def _email(address: str) -> str:
    try:
        return validate_email(address, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


class StaffCreate(BaseModel):
    """Somebody who shall use the console."""

    email: Annotated[str, Field(max_length=254), AfterValidator(_email)]
    name: Annotated[str, Field(max_length=100)] = ""
    role: Role
    login: Annotated[str, Field(pattern="^(password|oidc)$")] = "password"


class RoleChange(BaseModel):
    """What they may do from now on."""

    role: Role


@router.get("")
async def list_staff(visit: AdminOfAll, session: Session) -> Response:
    """All members."""
    return visit.render("staff/list.html", items=await staff.every(session))


@router.get("/new")
async def new_member(visit: AdminOfAll) -> Response:
    """The form."""
    return visit.render("staff/new.html", roles=_roles())


@router.post("")
async def create(visit: AdminOfAll, session: Session, form: FormOnce) -> Response:
    """Make one; the password is shown in the answer and never again."""
    body, id = form.to(StaffCreate), uuid7()
    password = passwords.new() if body.login == "password" else ""
    kept = await visit.console.passwords.hash(password) if password else None
    name = body.name.strip() or body.email.partition("@")[0]
    applications = form.every("applications")
    await staff.insert(session, NewMember(id, body.email, name, body.role, kept), applications)
    detail = {"role": body.role.value, "applications": applications}
    await _note(session, visit, "staff.create", id, detail)
    if not password:
        return visit.to(f"/staff/{id}", visit.text("They may log in now."))
    return _shown(visit, id, body.email, password)


@router.get("/{staff_id}")
async def member(visit: AdminOfAll, session: Session, staff_id: UUID) -> Response:
    """One, and what can be changed."""
    found = await staff.get(session, staff_id)
    return visit.render("staff/detail.html", member=found, roles=_roles())


@router.post("/{staff_id}/role")
async def change_role(visit: AdminOfAll, session: Session, staff_id: UUID, form: Form) -> Response:
    """Role and applications."""
    role, applications = form.to(RoleChange).role, form.every("applications")
    await staff.get(session, staff_id)
    await staff.change_role(session, staff_id, role)
    await staff.limit_to(session, staff_id, applications)
    detail = {"role": role.value, "applications": applications}
    await _note(session, visit, "staff.role", staff_id, detail)
    return visit.to(f"/staff/{staff_id}", visit.text("It is saved."))


@router.post("/{staff_id}/disable")
async def disable(visit: AdminOfAll, session: Session, staff_id: UUID) -> Response:
    """Their sessions end at once."""
    await staff.get(session, staff_id)
    await staff.disable(session, staff_id)
    await staff_sessions.end_all(session, staff_id)
    await _note(session, visit, "staff.disable", staff_id)
    return visit.to(f"/staff/{staff_id}", visit.text("They cannot log in any more."))


@router.post("/{staff_id}/enable")
async def enable(visit: AdminOfAll, session: Session, staff_id: UUID) -> Response:
    """They may log in again."""
    await staff.get(session, staff_id)
    await staff.enable(session, staff_id)
    await _note(session, visit, "staff.enable", staff_id)
    return visit.to(f"/staff/{staff_id}", visit.text("They may log in now."))


@router.post("/{staff_id}/password")
async def new_password(
    visit: AdminOfAll, session: Session, staff_id: UUID, form: FormOnce
) -> Response:
    """A new one, shown in the answer and never again; their sessions end."""
    found, password = await staff.get(session, staff_id), passwords.new()
    hashed = await visit.console.passwords.hash(password)
    await staff.set_password(session, staff_id, hashed)
    await staff_sessions.end_all(session, staff_id)
    await _note(session, visit, "staff.password", staff_id)
    return _shown(visit, staff_id, found["email"], password)


def _shown(visit: StaffVisit, id: UUID, email: str, password: str) -> Response:
    return visit.instead(
        "staff/password.html", "staff/password_part.html", id=id, email=email, password=password
    )


def _roles() -> Mapping[Role, list[Permission]]:
    return {role: [p for p in Permission if p in MAY[role]] for role in Role}


async def _note(
    session: Session,
    visit: StaffVisit,
    action: str,
    id: UUID,
    detail: Mapping[str, Any] | None = None,
) -> None:
    await audit_log.append(session, visit.entry_of_all(action, "staff", id, detail))
