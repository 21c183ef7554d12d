"""Owners that are overdue: what the reconciler starts again, without asking Temporal anything."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session
from models.workflow_start import WorkflowStart

AT_ONCE = 100  # owners of one round

# `next_at` moves on with each round, so a thousand overdue ones are not started every second, and
# those behind them get their turn. `now()`, because an index cannot be searched for a time that
# changes while it is read; and the limit a constant, or a tenth of all owners is planned for.
OVERDUE = text(f"""
WITH overdue AS (
    SELECT id FROM owner
    WHERE status = 'running' AND priority = :priority
      AND next_at < now() - CAST(:after AS interval)
    ORDER BY next_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED
), looked AS (
    UPDATE owner SET next_at = clock_timestamp() WHERE id = ANY(ARRAY(SELECT id FROM overdue))
    RETURNING id, application_id, priority, kind
)
SELECT looked.id AS owner_id, looked.application_id, looked.priority, looked.kind, facts.*
FROM looked CROSS JOIN LATERAL (
    SELECT count(DISTINCT n.id) AS size, min(n.due_at) AS due_at,
           array_agg(DISTINCT channel) AS channels,
           CASE WHEN count(DISTINCT n.category_id) = 1
                THEN CAST(min(CAST(n.category_id AS text)) AS text) ELSE '' END AS category
    FROM notification n, unnest(n.channels) AS channel WHERE n.owner_id = looked.id
    HAVING count(*) > 0
    UNION ALL
    SELECT 1, submitted_at, ARRAY[channel], CAST(category_id AS text)
    FROM campaign WHERE looked.kind = 'campaign' AND id = looked.id
) facts
""")  # noqa: S608 - our own constant


async def overdue(session: Session, priority: str, after: timedelta) -> list[WorkflowStart]:
    """Running owners whose time to look passed `after` ago, each now looked at."""
    values = {"priority": priority, "after": after}
    return [
        WorkflowStart(**{**row, "channels": tuple(sorted(row["channels"]))})
        for row in (await session.execute(OVERDUE, values)).mappings()
    ]


# In one order: two reconcilers never wait for each other in a circle. Found by their ids alone.
STILL_OVERDUE = text("""
WITH still AS MATERIALIZED (
    SELECT id FROM (
        SELECT id, status FROM owner WHERE id = ANY(:ids) ORDER BY id OFFSET 0 FOR UPDATE
    ) o WHERE status = 'running'
)
UPDATE owner SET next_at = clock_timestamp() - CAST(:after AS interval)
WHERE id = ANY(ARRAY(SELECT id FROM still))
""")


async def still_overdue(session: Session, ids: list[UUID], after: timedelta) -> None:
    """Their workflows could not be started: they come again with the next round."""
    if ids:
        await session.execute(STILL_OVERDUE, {"ids": ids, "after": after})


WORKFLOW_ID = text("SELECT kind FROM owner WHERE id = :owner_id")


async def workflow_id(session: Session, owner_id: UUID) -> str | None:
    """The id of the workflow that drives this owner; None if there is no such owner."""
    kind = (await session.execute(WORKFLOW_ID, {"owner_id": owner_id})).scalar_one_or_none()
    return f"{kind}/{owner_id}" if kind else None
