"""Owners that are overdue: what the reconciler starts again, without asking Temporal anything."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.workflow_start import WorkflowStart

# `next_at` moves on with each round, so a thousand overdue ones are not started every second, and
# those behind them get their turn.
OVERDUE = text("""
WITH overdue AS (
    SELECT id FROM owner
    WHERE status = 'running' AND priority = :priority
      AND next_at < clock_timestamp() - CAST(:after AS interval)
    ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED
), looked AS (
    UPDATE owner SET next_at = clock_timestamp() FROM overdue WHERE owner.id = overdue.id
    RETURNING owner.id, application_id, owner.priority, kind
)
SELECT looked.id AS owner_id, looked.application_id, looked.priority, looked.kind,
       count(*) AS size, min(n.due_at) AS due_at,
       array_agg(DISTINCT c.channel) AS channels,
       CASE WHEN count(DISTINCT n.category_id) = 1
            THEN CAST(min(CAST(n.category_id AS text)) AS text) ELSE '' END AS category
FROM looked JOIN notification n ON n.owner_id = looked.id
CROSS JOIN LATERAL unnest(n.channels) AS c (channel)
GROUP BY 1, 2, 3, 4
""")


async def overdue(
    session: AsyncSession, priority: str, after: timedelta, limit: int
) -> list[WorkflowStart]:
    """Running owners whose time to look passed `after` ago, each now looked at."""
    values = {"priority": priority, "after": after, "limit": limit}
    return [
        WorkflowStart(**{**row, "channels": tuple(sorted(row["channels"]))})
        for row in (await session.execute(OVERDUE, values)).mappings()
    ]


STILL_OVERDUE = text("""
UPDATE owner SET next_at = clock_timestamp() - CAST(:after AS interval)
WHERE id = ANY(:ids) AND status = 'running'
""")


async def still_overdue(session: AsyncSession, ids: list[UUID], after: timedelta) -> None:
    """Their workflows could not be started: they come again with the next round."""
    if ids:
        await session.execute(STILL_OVERDUE, {"ids": ids, "after": after})


WORKFLOW_ID = text("SELECT kind FROM owner WHERE id = :owner_id")


async def workflow_id(session: AsyncSession, owner_id: UUID) -> str | None:
    """The id of the workflow that drives this owner; None if there is no such owner."""
    kind = (await session.execute(WORKFLOW_ID, {"owner_id": owner_id})).scalar_one_or_none()
    return f"{kind}/{owner_id}" if kind else None
