"""All applications of the platform: listed, read, made, changed; with entries in the audit log."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.default_categories import CATEGORIES
from models.errors import Conflict, NotFound
from models.repositories import applications, audit_log
from models.repositories.audit_log import Actor, Entry
from models.sessions import Session

Row = dict[str, Any]

COLUMNS = """
a.id, a.name, a.created_at, a.time_zone, a.off_hours_from, a.off_hours_to, a.requests_per_second
"""
PAGE = text(f"""
SELECT {COLUMNS} FROM application a
WHERE CAST(:after AS text) IS NULL OR a.name > :after ORDER BY a.name LIMIT :limit
""")  # noqa: S608 - our own constant
GET = text(f"SELECT {COLUMNS} FROM application a WHERE a.id = :id")  # noqa: S608
LOCK = text("SELECT FROM application WHERE id = :id FOR UPDATE")
INSERT = text("""
INSERT INTO application (id, name, time_zone, off_hours_from, off_hours_to, requests_per_second)
VALUES (:id, :name, :time_zone, :off_hours_from, :off_hours_to, :requests_per_second)
ON CONFLICT DO NOTHING RETURNING id
""")
EDIT = text("""
UPDATE application SET name = :name, time_zone = :time_zone, off_hours_from = :off_hours_from,
    off_hours_to = :off_hours_to, requests_per_second = :requests_per_second
WHERE id = :id AND NOT EXISTS (SELECT FROM application b WHERE b.name = :name AND b.id <> :id)
RETURNING id
""")
NEW: dict[str, Any] = {
    "time_zone": "UTC",
    "off_hours_from": time(20),
    "off_hours_to": time(6),
    "requests_per_second": None,
}


async def page(session: Session, after: str | None = None, limit: int = 1000) -> list[Row]:
    """Applications by name, behind this one."""
    rows = await session.execute(PAGE, {"after": after, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def get(session: Session, id: UUID) -> Row:
    """One application, or NotFound."""
    row = (await session.execute(GET, {"id": id})).mappings().one_or_none()
    if row is None:
        raise NotFound("no such application", field="application_id")
    return dict(row)


async def create(session: Session, name: str, values: Mapping[str, Any], actor: Actor) -> UUID:
    """Make it, with the categories that it needs to send; Conflict if the name is taken."""
    id = uuid7()
    row = {**NEW, **values, "id": id, "name": name}
    if not (await session.execute(INSERT, row)).all():
        raise _taken()
    await applications.add_categories(session, id, CATEGORIES)
    await audit_log.append(
        session, Entry(actor, "application.create", "application", str(id), id, {"name": name})
    )
    return id


async def edit(session: Session, id: UUID, changes: Mapping[str, Any], actor: Actor) -> None:
    """Change these columns; Conflict if the name is taken."""
    await session.execute(LOCK, {"id": id})
    before = await get(session, id)
    fields = {name: value for name, value in changes.items() if before[name] != value}
    if not fields:
        return
    if not (await session.execute(EDIT, {**before, **fields})).all():
        raise _taken()
    detail = {n: {"from": _plain(before[n]), "to": _plain(v)} for n, v in fields.items()}
    await audit_log.append(
        session, Entry(actor, "application.edit", "application", str(id), id, detail)
    )


def _plain(value: Any) -> Any:
    return value.isoformat("minutes") if isinstance(value, time) else value


def _taken() -> Conflict:
    return Conflict("an application of that name is there", field="name", reason="name_taken")
