"""The rows that say a workflow must exist: taken over by the relay, gathered, removed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session
from models.workflow_start import WorkflowStart

COLUMNS = """id AS owner_id, application_id, priority, due_at, kind,
    COALESCE(CAST(category_id AS text), '') AS category, channels, size"""

SHARED_MOST = 500  # notifications of one shared workflow
AT_ONCE = 100  # starts of one round

# The limits are constants: a plan that does not know them expects to read a tenth of the queue.
# Locked until they are removed: two relays never start the same row twice at once.
OLD = text(f"""
SELECT {COLUMNS} FROM workflow_start
WHERE kind <> 'shared' AND created_at < now() - CAST(:age AS interval)
ORDER BY array_position(ARRAY['high', 'medium', 'low'], priority), created_at
LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - our own constant

REMOVE = text("DELETE FROM workflow_start WHERE id = ANY(:ids) RETURNING id")

# From one group to the next through the index, and no further into a group than matters: asked
# many times a second, however many wait.
WAITING = text(f"""
WITH RECURSIVE busy AS (
    (SELECT priority, application_id FROM workflow_start WHERE kind = 'shared'
     ORDER BY priority, application_id LIMIT 1)
    UNION ALL
    SELECT following.* FROM busy CROSS JOIN LATERAL (
        SELECT w.priority, w.application_id FROM workflow_start w WHERE w.kind = 'shared'
        AND (w.priority, w.application_id) > (busy.priority, busy.application_id)
        ORDER BY w.priority, w.application_id LIMIT 1) following
)
SELECT priority, application_id, (SELECT count(*) FROM (
    SELECT FROM workflow_start w WHERE w.kind = 'shared' AND w.priority = busy.priority
    AND w.application_id = busy.application_id LIMIT {SHARED_MOST}) few) AS waiting
FROM busy
""")  # noqa: S608 - our own constant

# A notification's owner is set once, before the start. One statement, so all or nothing. Arrays,
# because a join would be planned for any number of rows, and read the whole backlog.
GATHER = text(f"""
WITH taken AS (
    SELECT id, category_id, channels, due_at FROM workflow_start
    WHERE kind = 'shared' AND priority = :priority AND application_id = :application_id
    ORDER BY created_at LIMIT {SHARED_MOST} FOR UPDATE SKIP LOCKED
), shared AS (
    UPDATE notification SET owner_id = :owner_id
    WHERE id = ANY(ARRAY(SELECT id FROM taken)) AND owner_id IS NULL
), gone AS (
    DELETE FROM workflow_start WHERE id = ANY(ARRAY(SELECT id FROM taken))
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
""")  # noqa: S608 - our own constant

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
    waiting: int  # counted no further than SHARED_MOST


async def old(session: Session, age: timedelta) -> list[WorkflowStart]:
    """Starts that nobody made within `age`, by priority; locked until the transaction ends."""
    rows = (await session.execute(OLD, {"age": age})).mappings()
    return [_start(row) for row in rows]


async def remove(session: Session, ids: list[UUID]) -> int:
    """Their workflows exist. How many rows went."""
    return len((await session.execute(REMOVE, {"ids": ids})).all())


async def waiting(session: Session) -> list[Waiting]:
    """Who waits to share, by priority and application."""
    rows = await session.execute(WAITING)
    return [Waiting(r.priority, r.application_id, r.waiting) for r in rows]


async def gather(session: Session, group: Waiting, owner_id: UUID) -> WorkflowStart | None:
    """Up to SHARED_MOST of the group get one batch as their owner; None: all gone."""
    values = {
        "priority": group.priority,
        "application_id": group.application_id,
        "owner_id": owner_id,
    }
    row = (await session.execute(GATHER, values)).mappings().one_or_none()
    if row is None:
        return None
    return _start({**values, **row, "kind": "batch"})


async def load(session: Session, limit: int) -> dict[str, int]:
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
