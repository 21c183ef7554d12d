"""Categories: made, read, changed and put away. Each change is in the audit log.

A notification takes what its category says along when it is accepted, a campaign when it is
submitted: changes reach neither. A row stays for what refers to it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.acceptance import DEFAULT_CATEGORY
from models.errors import Conflict, NotFound
from models.repositories import uses
from models.repositories.audit_log import Actor, Entry, append
from models.sessions import Session

Row = Mapping[str, Any]

FIELDS = ("priority", "priority_fixed", "channels", "channel_mode", "mandatory", "expires_after",
          "on_unknown")  # fmt: skip
# One that was put away comes back under its name, with what is said now.
INSERT = text("""
INSERT INTO category (id, application_id, name, priority, priority_fixed, channels, channel_mode,
    mandatory, expires_after, on_unknown)
VALUES (:id, :application_id, :name, :priority, :priority_fixed, :channels, :channel_mode,
    :mandatory, :expires_after, :on_unknown)
ON CONFLICT (application_id, name) DO UPDATE SET archived_at = NULL, priority = excluded.priority,
    priority_fixed = excluded.priority_fixed, channels = excluded.channels,
    channel_mode = excluded.channel_mode, mandatory = excluded.mandatory,
    expires_after = excluded.expires_after, on_unknown = excluded.on_unknown
WHERE category.archived_at IS NOT NULL
RETURNING *
""")
GET = text("""
SELECT * FROM category
WHERE application_id = :application_id AND name = :name AND archived_at IS NULL
""")
LOCKED = text(f"{GET.text} FOR UPDATE")
PAGE = text("""
SELECT * FROM category
WHERE application_id = :application_id AND archived_at IS NULL
  AND (CAST(:after AS text) IS NULL OR name > :after)
ORDER BY name LIMIT :limit
""")
ARCHIVE = text("UPDATE category SET archived_at = now() WHERE id = :id")


async def insert(
    session: Session, application_id: UUID, actor: Actor, name: str, values: Mapping[str, Any]
) -> Row:
    """Make it; Conflict if there is one of that name."""
    session.info["wrote"] = True
    row = {**values, "id": uuid7(), "application_id": application_id, "name": name}
    made = (await session.execute(INSERT, row)).mappings().one_or_none()
    if made is None:
        raise Conflict("there is a category of that name", field="name", reason="name_taken")
    await _tell(session, dict(made), actor, "create", values)
    return dict(made)


async def get(session: Session, application_id: UUID, name: str) -> Row:
    """The application's category, or NotFound."""
    return await _one(session, GET, application_id, name)


async def page(session: Session, application_id: UUID, after: str | None, limit: int) -> list[Row]:
    """By name."""
    values = {"application_id": application_id, "after": after, "limit": limit}
    return [dict(row) for row in (await session.execute(PAGE, values)).mappings()]


async def change(
    session: Session, application_id: UUID, actor: Actor, name: str, changes: Mapping[str, Any]
) -> Row:
    """Set these fields, for what is accepted from now on."""
    row = await _one(session, LOCKED, application_id, name)
    changed = {field: value for field, value in changes.items() if row[field] != value}
    if not changed:
        return row
    session.info["wrote"] = True
    # Names of our own columns, never a caller's.
    sets = ", ".join(f"{field} = :{field}" for field in FIELDS if field in changed)
    statement = text(f"UPDATE category SET {sets} WHERE id = :id")  # noqa: S608
    await session.execute(statement, {**changed, "id": row["id"]})
    await _tell(session, row, actor, "change", changed)
    return {**row, **changed}


async def archive(session: Session, application_id: UUID, actor: Actor, name: str) -> None:
    """Put it away; InUse names what uses it."""
    row = await _one(session, LOCKED, application_id, name)
    if name == DEFAULT_CATEGORY:
        detail = "it is the category of what names none"
        raise Conflict(detail, field="name", reason="default_category")
    await uses.refuse_if_category_is_used(session, application_id, row["id"])
    session.info["wrote"] = True
    await session.execute(ARCHIVE, {"id": row["id"]})
    await _tell(session, row, actor, "delete", {})


async def _one(session: Session, query: Any, application_id: UUID, name: str) -> Row:
    values = {"application_id": application_id, "name": name}
    row = (await session.execute(query, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such category", field="name")
    return dict(row)


async def _tell(
    session: Session, row: Row, actor: Actor, verb: str, values: Mapping[str, Any]
) -> None:
    detail = {field: _plain(value) for field, value in values.items()}
    entry = Entry(
        actor,
        f"category.{verb}",
        "category",
        str(row["id"]),
        row["application_id"],
        {"name": row["name"], **detail},
    )
    await append(session, entry)


def _plain(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value
