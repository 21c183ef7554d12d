"""Profiles as rows: read, made, edited. What is merged into another answers as the other.

Callers own the transaction. Every change takes the profile's row first and adds to its revision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import TextClause, text
from uuid_utils.compat import uuid7

from models.errors import Conflict, NotFound
from models.profile_rows import USUAL_TIME_ZONE, Said
from models.sessions import Session

Row = Mapping[str, Any]

COLUMNS = """
    p.id, p.external_id, p.name, p.locale, p.time_zone, p.metadata, p.revision, p.created_at,
    p.updated_at,
    (SELECT json_agg(json_build_object('id', c.id, 'channel', c.channel, 'address', c.address,
            'rank', c.rank, 'suppressed', s.reason, 'created_at', c.created_at)
            ORDER BY c.channel, c.rank, c.id)
     FROM contact c LEFT JOIN suppression s ON s.application_id = p.application_id
          AND s.channel = c.channel AND s.address = c.address
     WHERE c.profile_id = p.id) AS contacts,
    (SELECT json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name)
     FROM group_member m JOIN profile_group g ON g.id = m.group_id
     WHERE m.profile_id = p.id) AS groups,
    (SELECT json_agg(json_build_object('id', o.id, 'external_id', o.external_id) ORDER BY o.id)
     FROM profile o WHERE o.merged_into = p.id) AS merged
"""
ASKED = """
a.application_id = :application_id
AND (a.id = CAST(:id AS uuid) OR a.external_id = CAST(:external_id AS text))
"""
GET = text(f"""
SELECT {COLUMNS} FROM profile a JOIN profile p ON p.id = COALESCE(a.merged_into, a.id)
WHERE {ASKED}
""")  # noqa: S608 - our own constants
FIND = text(f"SELECT a.* FROM profile a WHERE {ASKED}")  # noqa: S608
LOCK = text(f"""
SELECT * FROM profile
WHERE id = (SELECT COALESCE(a.merged_into, a.id) FROM profile a WHERE {ASKED}) FOR UPDATE
""")  # noqa: S608
INSERT = text("""
INSERT INTO profile (id, application_id, external_id, name, locale, time_zone, metadata)
VALUES (:id, :application_id, :external_id, :name, :locale, :time_zone, CAST(:metadata AS jsonb))
ON CONFLICT (application_id, external_id) DO NOTHING RETURNING id
""")
HOLDER = text("""
SELECT id, merged_into FROM profile
WHERE application_id = :application_id AND external_id = :external_id
""")
EDIT = text("""
UPDATE profile SET revision = revision + 1, updated_at = now(),
    external_id = COALESCE(CAST(:external_id AS text), external_id),
    name = COALESCE(CAST(:name AS text), name), locale = COALESCE(CAST(:locale AS text), locale),
    time_zone = COALESCE(CAST(:time_zone AS text), time_zone),
    metadata = COALESCE(CAST(:metadata AS jsonb), metadata)
WHERE id = :id
""")


@dataclass(frozen=True, slots=True)
class Ref:
    """Which profile: by our id, or by the caller's."""

    id: UUID | None = None
    external_id: str | None = None


async def get(session: Session, application_id: UUID, ref: Ref) -> Row:
    """One with its contacts and groups; NotFound if it is not the application's."""
    return await _one(session, GET, application_id, ref)


async def locked(session: Session, application_id: UUID, ref: Ref) -> Row:
    """Nobody else changes it until the transaction ends. Of a merged one: the other."""
    row = await _one(session, LOCK, application_id, ref)
    while row["merged_into"]:  # while we waited
        row = await _one(session, LOCK, application_id, Ref(row["merged_into"]))
    return row


async def find(session: Session, application_id: UUID, ref: Ref) -> Row:
    """Its row alone, and a merged one's own; nothing is locked."""
    return await _one(session, FIND, application_id, ref)


async def insert(session: Session, application_id: UUID, external_id: str, said: Said) -> UUID:
    """A new one, yet without contacts; Conflict names the one that has the external id."""
    values = {
        "id": uuid7(),
        "application_id": application_id,
        "external_id": external_id,
        "name": said.get("name", ""),
        "locale": said.get("locale", ""),
        "time_zone": said.get("time_zone", USUAL_TIME_ZONE),
        "metadata": orjson.dumps(said.get("metadata", {})).decode(),
    }
    made: UUID | None = (await session.execute(INSERT, values)).scalar_one_or_none()
    if made is None:
        raise await _taken(session, application_id, external_id)
    return made


async def edit(session: Session, row: Row, external_id: str | None, said: Said) -> None:
    """Write what is said of a locked one."""
    values = {name: said.get(name) for name in ("name", "locale", "time_zone")}
    metadata = orjson.dumps(said["metadata"]).decode() if "metadata" in said else None
    values |= {"id": row["id"], "external_id": external_id, "metadata": metadata}
    try:
        await session.execute(EDIT, values)
    except asyncpg.UniqueViolationError:
        detail = "another profile has this external_id, or had it before it was merged"
        raise Conflict(detail, field="external_id", reason="external_id_taken") from None


async def touch(session: Session, row: Row) -> None:
    """Something of it was changed."""
    await edit(session, row, None, {})


def check_revision(row: Row, revision: int) -> None:
    """Conflict if somebody changed it since."""
    if row["revision"] != revision:
        now = row["revision"]
        detail = f"it was changed since revision {revision}: read it again, it is at {now}"
        raise Conflict(detail, field="revision", limit=now, reason="revision_changed")


def not_there() -> NotFound:
    """Neither by our id nor by the caller's."""
    return NotFound("no such profile", field="profile_id")


async def _one(session: Session, statement: TextClause, application_id: UUID, ref: Ref) -> Row:
    values = {"application_id": application_id, "id": ref.id, "external_id": ref.external_id}
    row = (await session.execute(statement, values)).mappings().one_or_none()
    if row is None:
        raise not_there()
    return dict(row)


async def _taken(session: Session, application_id: UUID, external_id: str) -> Conflict:
    values = {"application_id": application_id, "external_id": external_id}
    holder = (await session.execute(HOLDER, values)).one_or_none()
    whose = "another profile"
    if holder:
        merged = f", which was merged into {holder.merged_into}" if holder.merged_into else ""
        whose = f"profile {holder.id}{merged},"
    return Conflict(f"{whose} has it", field="external_id", reason="external_id_taken")
