"""The rows that say a workflow must exist: taken over by the relay, gathered, removed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.workflow_start import WorkflowStart

COLUMNS = """id AS owner_id, application_id, priority, due_at, kind,
    COALESCE(CAST(category_id AS text), '') AS category, channels, size"""

# Locked until they are removed: two relays never start the same row twice at once.
OLD = text(f"""
SELECT {COLUMNS} FROM workflow_start
WHERE kind <> 'shared' AND created_at < clock_timestamp() - CAST(:age AS interval)
ORDER BY priority, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - our own constant

REMOVE = text("DELETE FROM workflow_start WHERE id = ANY(:ids)")

WAITING = text("""
SELECT priority, application_id, count(*) AS waiting, min(created_at) AS since,
       clock_timestamp() - min(created_at) AS age
FROM workflow_start WHERE kind = 'shared' GROUP BY 1, 2
""")

# A notification's owner is set once, before the start. One statement, so all or nothing.
GATHER = text("""
WITH taken AS (
    SELECT id, category_id, channels, due_at FROM workflow_start
    WHERE kind = 'shared' AND priority = :priority AND application_id = :application_id
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
), shared AS (
    UPDATE notification n SET owner_id = :owner_id
    FROM taken WHERE n.id = taken.id AND n.owner_id IS NULL
), gone AS (
    DELETE FROM workflow_start w USING taken WHERE w.id = taken.id
), facts AS (
    SELECT min(due_at) AS due_at, count(DISTINCT id) AS size,
           array_agg(DISTINCT channel) AS channels,
           CASE WHEN count(DISTINCT category_id) = 1
                THEN (array_agg(category_id))[1] END AS category_id
    FROM taken, unnest(channels) AS channel HAVING count(*) > 0
), owned AS (
    INSERT INTO owner (id, application_id, kind, priority, next_at)
    SELECT :owner_id, :application_id, 'batch', :priority, due_at FROM facts
), start AS (
    INSERT INTO workflow_start
        (id, kind, application_id, priority, category_id, channels, size, due_at)
    SELECT :owner_id, 'batch', :application_id, :priority, category_id, channels, size, due_at
    FROM facts
)
SELECT due_at, size, channels, COALESCE(CAST(category_id AS text), '') AS category FROM facts
""")

# What is accepted, due and unsent, by priority; counted no further than matters.
LOAD = text("""
SELECT p.priority, (SELECT count(*) FROM (
           SELECT FROM owner o WHERE o.priority = p.priority AND o.status = 'running'
           AND o.next_at <= now() LIMIT :limit) busy)
     + (SELECT count(*) FROM (
           SELECT FROM workflow_start w WHERE w.kind = 'shared' AND w.priority = p.priority
           LIMIT :limit) waiting) AS unsent
FROM (VALUES ('high'), ('medium'), ('low')) AS p (priority)
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Notifications that wait to share a workflow."""

    priority: str
    application_id: UUID
    waiting: int
    age: timedelta


async def old(session: AsyncSession, age: timedelta, limit: int) -> list[WorkflowStart]:
    """Starts that nobody made within `age`; locked until the transaction ends."""
    rows = (await session.execute(OLD, {"age": age, "limit": limit})).mappings()
    return [_start(row) for row in rows]


async def remove(session: AsyncSession, ids: list[UUID]) -> None:
    """Their workflows exist."""
    await session.execute(REMOVE, {"ids": ids})


async def waiting(session: AsyncSession) -> list[Waiting]:
    """Who waits to share, by priority and application."""
    rows = await session.execute(WAITING)
    return [Waiting(r.priority, r.application_id, r.waiting, r.age) for r in rows]


async def gather(
    session: AsyncSession, group: Waiting, owner_id: UUID, limit: int
) -> WorkflowStart | None:
    """Up to `limit` of the group get one batch as their owner; None: all gone."""
    values = {
        "priority": group.priority,
        "application_id": group.application_id,
        "owner_id": owner_id,
        "limit": limit,
    }
    row = (await session.execute(GATHER, values)).mappings().one_or_none()
    if row is None:
        return None
    return _start({**values, **row, "kind": "batch"})


async def load(session: AsyncSession, limit: int) -> dict[str, int]:
    """How many of each priority are accepted, due and unsent; exact up to `limit`."""
    return {row.priority: row.unsent for row in await session.execute(LOAD, {"limit": limit})}


def _start(row: Any) -> WorkflowStart:
    due_at: datetime = row["due_at"]
    return WorkflowStart(
        owner_id=row["owner_id"],
        application_id=row["application_id"],
        priority=row["priority"],
        due_at=due_at,
        kind=row["kind"],
        category=row["category"],
        channels=tuple(sorted(row["channels"])),
        size=row["size"],
    )
