"""Who is in a group: added, removed and replaced by external id. Callers own the transaction.

What was merged into another profile stands for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.repositories.profiles import COLUMNS, Row
from models.sessions import Session

WITHIN = timedelta(minutes=1)

RESOLVE = text("""
SELECT external_id, COALESCE(merged_into, id) AS id FROM profile
WHERE application_id = :application_id AND external_id = ANY(:external_ids)
""")
# In the order of their ids; a profile that is deleted meanwhile is left out.
ADD = text("""
WITH there AS (
    SELECT id FROM profile WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE
)
INSERT INTO group_member (group_id, profile_id) SELECT :group_id, id FROM there
ON CONFLICT DO NOTHING RETURNING profile_id
""")
REMOVE = text("""
DELETE FROM group_member WHERE group_id = :group_id AND profile_id = ANY(:ids) RETURNING profile_id
""")
REMOVE_OTHERS = text("""
DELETE FROM group_member WHERE group_id = :group_id AND NOT profile_id = ANY(:ids)
RETURNING profile_id
""")
# From the group's own index, and no further than the page.
PAGE = text(f"""
SELECT {COLUMNS} FROM (
    SELECT profile_id FROM group_member
    WHERE group_id = :group_id AND (CAST(:after AS uuid) IS NULL OR profile_id > :after)
    ORDER BY profile_id LIMIT :limit) m
JOIN profile p ON p.id = m.profile_id ORDER BY p.id
""")  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did. `unknown`: external ids of nobody."""

    added: int
    removed: int
    unknown: list[str]


async def change(
    session: Session,
    application_id: UUID,
    group_id: UUID,
    come: Sequence[str],
    go: Sequence[str],
) -> Changed:
    """Add and remove by external id. The group is locked."""
    found = await resolve(session, application_id, [*come, *go])
    added, removed = ({found[each] for each in some if each in found} for some in (come, go))
    return Changed(
        await add(session, group_id, list(added)),
        await remove(session, group_id, list(removed)),
        sorted({*come, *go} - found.keys()),
    )


async def resolve(
    session: Session, application_id: UUID, external_ids: Sequence[str]
) -> dict[str, UUID]:
    """The profiles by their external ids; what is missing there is nobody."""
    values = {"application_id": application_id, "external_ids": list(external_ids)}
    return {row.external_id: row.id for row in await session.execute(RESOLVE, values)}


async def add(session: Session, group_id: UUID, ids: Sequence[UUID]) -> int:
    """How many were not in it before."""
    return await _changed(session, ADD, group_id, ids)


async def remove(session: Session, group_id: UUID, ids: Sequence[UUID]) -> int:
    """How many were in it."""
    return await _changed(session, REMOVE, group_id, ids)


async def replace(session: Session, group_id: UUID, ids: Sequence[UUID]) -> tuple[int, int]:
    """These and nobody else: how many came, and how many went. The group is locked."""
    removed = await _changed(session, REMOVE_OTHERS, group_id, ids)
    return await add(session, group_id, ids), removed


async def page(
    session: Session, group_id: UUID, after: tuple[str, ...] | None, limit: int
) -> list[Row]:
    """Its members as profiles, the oldest first."""
    values: dict[str, Any] = {"group_id": group_id, "limit": limit}
    values["after"] = UUID(after[0]) if after else None
    return [dict(row) for row in (await session.execute(PAGE, values)).mappings()]


async def _changed(session: Session, statement: Any, group_id: UUID, ids: Sequence[UUID]) -> int:
    session.info["wrote"] = True
    values = {"group_id": group_id, "ids": list(ids)}
    return len((await session.execute(statement, values, within=WITHIN)).all())
