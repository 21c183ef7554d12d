"""The staff as `tidings staff` makes and lists it."""

import getpass
from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email

from models import passwords
from models.errors import Invalid, NotFound
from models.repositories import audit_log, staff, staff_sessions
from models.repositories.audit_log import Actor, Entry
from models.repositories.staff import Member
from models.roles import Role
from models.sessions import Session


def role_of(option: str) -> Role:
    """The role of that name."""
    try:
        return Role(option.strip().casefold())
    except ValueError:
        raise Invalid(f"--role {option!r}: there are {', '.join(Role)}") from None


def email_of(option: str) -> str:
    """In the form that is kept."""
    try:
        return validate_email(option, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise Invalid(f"--email {option!r}: {error}") from None


async def known(session: Session, email: str) -> Member:
    """The member with this email."""
    if found := await staff.find(session, email):
        return found
    there = ", ".join(member["email"] for member in await staff.every(session)) or "nobody yet"
    raise NotFound(f"nobody has the email {email!r}; there are: {there}")


async def new_password(session: Session, member: Member) -> str:
    """A new one, shown once; sessions end, and who was disabled is not disabled any more."""
    password = passwords.new()
    await staff.set_password(session, member["id"], await passwords.Passwords().hash(password))
    await staff.enable(session, member["id"])
    await staff_sessions.end_all(session, member["id"])
    return password


async def note(
    session: Session, action: str, id: object, detail: Mapping[str, Any] | None = None
) -> None:
    """One line of the audit log: it was the operating system's user."""
    actor = Actor("cli", None, getpass.getuser())
    await audit_log.append(session, Entry(actor, action, "staff", str(id), None, detail or {}))
