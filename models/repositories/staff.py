"""The staff: who may use the console, in which role, of which applications.

Emails are kept in lower case; a member without applications of their own sees all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.errors import Conflict, NotFound
from models.sessions import Session

MEMBER = """
    m.id, m.email, m.name, m.role, m.language, m.time_zone, m.disabled_at, m.created_at,
    m.oidc_issuer, m.password IS NOT NULL AS has_password,
    ARRAY(SELECT a.name FROM staff_application sa JOIN application a ON a.id = sa.application_id
          WHERE sa.staff_id = m.id ORDER BY a.name) AS applications
"""
EVERY = text(f"SELECT {MEMBER} FROM staff m ORDER BY m.disabled_at NULLS FIRST, m.email")  # noqa: S608
GET = text(f"SELECT {MEMBER} FROM staff m WHERE m.id = :id")  # noqa: S608 - our own constant
FIND = text(f"SELECT {MEMBER} FROM staff m WHERE m.email = :email")  # noqa: S608
LOGIN = text("SELECT id, password FROM staff WHERE email = :email AND disabled_at IS NULL")
PASSWORD_OF = text("SELECT password FROM staff WHERE id = :id")
INSERT = text("""
INSERT INTO staff (id, email, name, role, password) VALUES (:id, :email, :name, :role, :password)
ON CONFLICT (email) DO NOTHING RETURNING id
""")
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('staff admins'))")
# Of those who see all applications: others may change nobody's role.
LAST_ADMIN = text("""
SELECT array_agg(s.id) = ARRAY[CAST(:id AS uuid)] FROM staff s
WHERE s.role = 'admin' AND s.disabled_at IS NULL
  AND NOT EXISTS (SELECT FROM staff_application a WHERE a.staff_id = s.id)
""")
ROLE = text("UPDATE staff SET role = :role WHERE id = :id")
DISABLE = text("UPDATE staff SET disabled_at = COALESCE(disabled_at, now()) WHERE id = :id")
ENABLE = text("UPDATE staff SET disabled_at = NULL WHERE id = :id")
PASSWORD = text("UPDATE staff SET password = :password WHERE id = :id")
PREFER = text("""
UPDATE staff SET name = :name, language = :language, time_zone = :time_zone WHERE id = :id
""")
DROP_APPLICATIONS = text("DELETE FROM staff_application WHERE staff_id = :id")
ADD_APPLICATIONS = text("""
INSERT INTO staff_application (staff_id, application_id)
SELECT :id, id FROM application WHERE name = ANY(:names)
RETURNING application_id
""")
BY_OIDC = text("""
SELECT id FROM staff WHERE oidc_issuer = :issuer AND oidc_subject = :subject
""")
LINK = text("""
UPDATE staff SET oidc_issuer = :issuer, oidc_subject = :subject
WHERE id = :id AND oidc_subject IS NULL RETURNING id
""")
VISIBLE = text("""
SELECT a.id, a.name FROM application a
WHERE NOT EXISTS (SELECT FROM staff_application WHERE staff_id = :id)
   OR EXISTS (SELECT FROM staff_application WHERE staff_id = :id AND application_id = a.id)
ORDER BY a.name
""")

Member = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who shall use the console. `password`: its hash; without one by OIDC alone."""

    id: UUID
    email: str
    name: str
    role: str
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """One that a member sees."""

    id: UUID
    name: str


async def every(session: Session) -> list[Member]:
    """All of them; those who are disabled at the end."""
    return [dict(row) for row in (await session.execute(EVERY)).mappings()]


async def get(session: Session, id: UUID) -> Member:
    """One, or NotFound."""
    row = (await session.execute(GET, {"id": id})).mappings().one_or_none()
    if row is None:
        raise NotFound("no such member of the staff", field="staff_id")
    return dict(row)


async def find(session: Session, email: str) -> Member | None:
    """By email, in any case."""
    row = (await session.execute(FIND, {"email": email.strip().lower()})).mappings().one_or_none()
    return dict(row) if row else None


async def login(session: Session, email: str) -> tuple[UUID, str | None] | None:
    """Id and password hash of who may log in."""
    row = (await session.execute(LOGIN, {"email": email.strip().lower()})).one_or_none()
    return (row.id, row.password) if row else None


async def password_of(session: Session, id: UUID) -> str | None:
    """Its hash."""
    found: str | None = (await session.execute(PASSWORD_OF, {"id": id})).scalar_one_or_none()
    return found


async def insert(session: Session, member: NewMember, applications: Sequence[str] = ()) -> None:
    """Conflict if there is somebody with this email."""
    values = asdict(member) | {"email": member.email.strip().lower()}
    if not (await session.execute(INSERT, values)).all():
        detail = "somebody has this email already"
        raise Conflict(detail, field="email", reason="email_taken")
    await _limit_to(session, member.id, applications)


async def change_role(session: Session, id: UUID, role: str) -> None:
    """Conflict if nobody would be left who can undo it."""
    await session.execute(LOCK)
    if role != "admin":
        await _keep_one_admin(session, id)
    await session.execute(ROLE, {"id": id, "role": role})


async def limit_to(session: Session, id: UUID, applications: Sequence[str]) -> None:
    """Only these from now on; all, if none is named. NotFound if there is no such application.

    Conflict if nobody would be left who can undo it.
    """
    if applications:
        await session.execute(LOCK)
        await _keep_one_admin(session, id)
    await _limit_to(session, id, applications)


async def _limit_to(session: Session, id: UUID, applications: Sequence[str]) -> None:
    await session.execute(DROP_APPLICATIONS, {"id": id})
    if applications:
        names = list(dict.fromkeys(applications))
        rows = (await session.execute(ADD_APPLICATIONS, {"id": id, "names": names})).all()
        if len(rows) != len(names):
            raise NotFound("no such application", field="applications")


async def disable(session: Session, id: UUID) -> None:
    """No log-in from now on; sessions end by `staff_sessions.end_all`."""
    await session.execute(LOCK)
    await _keep_one_admin(session, id)
    await session.execute(DISABLE, {"id": id})


async def enable(session: Session, id: UUID) -> None:
    """Undo it."""
    await session.execute(ENABLE, {"id": id})


async def set_password(session: Session, id: UUID, password: str | None) -> None:
    """Its hash."""
    await session.execute(PASSWORD, {"id": id, "password": password})


async def prefer(
    session: Session, id: UUID, name: str, language: str | None, time_zone: str | None
) -> None:
    """What a member says of themselves."""
    values = {"id": id, "name": name, "language": language, "time_zone": time_zone}
    await session.execute(PREFER, values)


async def by_oidc(session: Session, issuer: str, subject: str) -> UUID | None:
    """Who is known there by this name."""
    values = {"issuer": issuer, "subject": subject}
    found: UUID | None = (await session.execute(BY_OIDC, values)).scalar_one_or_none()
    return found


async def link(session: Session, id: UUID, issuer: str, subject: str) -> bool:
    """Known there by this name from now on; False if by another one already."""
    values = {"id": id, "issuer": issuer, "subject": subject}
    return bool((await session.execute(LINK, values)).all())


async def visible(session: Session, id: UUID) -> list[Application]:
    """The applications that this member sees, by name."""
    rows = await session.execute(VISIBLE, {"id": id})
    return [Application(row.id, row.name) for row in rows]


async def _keep_one_admin(session: Session, id: UUID) -> None:
    if (await session.execute(LAST_ADMIN, {"id": id})).scalar_one():
        detail = "nobody else is an admin: make somebody one first"
        raise Conflict(detail, field="role", reason="last_admin")
