"""Groups: named sets of profiles. Callers own the transaction.

A campaign names its group until its people are frozen: such a group is neither deleted nor renamed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.campaign import SUBMITTED, UNSUBMITTED
from models.errors import Conflict, InUse, NotFound
from models.repositories import audit_log
from models.repositories.audit_log import Actor, Entry
from models.repositories.profile_search import LAST_CHARACTER
from models.sessions import Session

Row = Mapping[str, Any]
NAMED = 20  # campaigns of those that use a group

COLUMNS = """
    g.id, g.name, g.description, g.revision, g.created_at, g.updated_at,
    (SELECT count(*) FROM group_member m WHERE m.group_id = g.id) AS members
"""
INSERT = text("""
INSERT INTO profile_group (id, application_id, name, description)
VALUES (:id, :application_id, :name, :description)
ON CONFLICT (application_id, name) DO NOTHING RETURNING id
""")
GET = text(f"""
SELECT {COLUMNS} FROM profile_group g WHERE g.id = :id AND g.application_id = :application_id
""")  # noqa: S608 - our own constant
LOCK = text("""
SELECT * FROM profile_group WHERE id = :id AND application_id = :application_id FOR UPDATE
""")
PAGE = text(f"""
SELECT {COLUMNS} FROM profile_group g
WHERE g.application_id = :application_id
  AND g.name COLLATE "C" >= :name AND g.name COLLATE "C" < :beyond
  AND (CAST(:after AS text) IS NULL OR g.name COLLATE "C" > :after)
ORDER BY g.name COLLATE "C" LIMIT :limit
""")  # noqa: S608
EDIT = text("""
UPDATE profile_group SET revision = revision + 1, updated_at = now(),
    name = COALESCE(CAST(:name AS text), name),
    description = COALESCE(CAST(:description AS text), description)
WHERE id = :id
""")
DELETE = text("DELETE FROM profile_group WHERE id = :id")
USED = text("""
SELECT name, id, count(*) OVER () AS many FROM campaign
WHERE application_id = :application_id AND audience ->> 'group' = :name
  AND audience ->> 'group' IS NOT NULL AND status = ANY(:statuses) AND archived_at IS NULL
ORDER BY id DESC LIMIT :named
""")


async def insert(session: Session, application_id: UUID, name: str, description: str) -> UUID:
    """A new one; Conflict if the name is taken."""
    values: dict[str, Any] = {"id": uuid7(), "application_id": application_id}
    values |= {"name": name, "description": description}
    made: UUID | None = (await session.execute(INSERT, values)).scalar_one_or_none()
    if made is None:
        raise _taken()
    return made


async def get(session: Session, application_id: UUID, id: UUID) -> Row:
    """One and how many it has; NotFound if it is not the application's."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise _not_there()
    return dict(row)


async def lock(session: Session, application_id: UUID, id: UUID) -> Row:
    """Nobody else changes it until the transaction ends."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(LOCK, values)).mappings().one_or_none()
    if row is None:
        raise _not_there()
    return dict(row)


async def page(
    session: Session, application_id: UUID, name: str, after: tuple[str, ...] | None, limit: int
) -> list[Row]:
    """By name, those that begin so."""
    values = {"application_id": application_id, "name": name, "beyond": name + LAST_CHARACTER}
    values |= {"after": after[0] if after else None, "limit": limit}
    return [dict(row) for row in (await session.execute(PAGE, values)).mappings()]


async def edit(session: Session, row: Row, name: str | None, description: str | None) -> None:
    """Write what changes of a locked one; Conflict if it is renamed though somebody names it."""
    if name is not None and name != row["name"]:
        await _unused(session, row)
    values = {"id": row["id"], "name": name, "description": description}
    try:
        await session.execute(EDIT, values)
    except asyncpg.UniqueViolationError:
        raise _taken() from None


async def delete(session: Session, row: Row, by: Actor) -> None:
    """It and its memberships, not its members; Conflict names the campaigns that use it."""
    await _unused(session, row)
    session.info["wrote"] = True
    await session.execute(DELETE, {"id": row["id"]})
    entry = Entry(by, "group.delete", "group", str(row["id"]), row["application_id"])
    await audit_log.append(session, entry)


async def _unused(session: Session, row: Row) -> None:
    values = {"application_id": row["application_id"], "name": row["name"], "named": NAMED}
    values["statuses"] = [*UNSUBMITTED, *SUBMITTED]
    users = (await session.execute(USED, values)).all()
    if users:
        which = [{"kind": "campaign", "id": str(each.id), "name": each.name} for each in users]
        detail = f"{users[0].many} campaigns name it: change, cancel or archive them first"
        raise InUse(detail, which)


def _taken() -> Conflict:
    return Conflict("another group has this name", field="name", reason="name_taken")


def _not_there() -> NotFound:
    return NotFound("no such group", field="group_id")
