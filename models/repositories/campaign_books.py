"""A campaign's books: what became of its audience, by result and reason, at any moment."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.repositories.campaign_sweeps import WITHIN
from models.repositories.campaigns import Row
from models.sessions import Session

RATE_SECONDS = 10.0
LOOKS, BETWEEN_LOOKS_SECONDS = 25, 0.02

COUNTS = text("""
SELECT COALESCE(result, phase) AS state, COALESCE(result, 'pending') AS result,
       COALESCE(NULLIF(CASE WHEN result IS NULL THEN phase ELSE reason END, ''), '-') AS reason,
       count(*) AS n
FROM message WHERE owner_id = :id GROUP BY 1, 2, 3
""")
RATE = text("""
SELECT COALESCE(sum(CAST(detail ->> 'sent' AS int)), 0)
    / GREATEST(1.0, LEAST(CAST(:seconds AS float8),
        EXTRACT(epoch FROM clock_timestamp() - CAST(:started AS timestamptz)))) AS per_second,
    clock_timestamp() AS now
FROM event
WHERE owner_id = :id AND notification_id IS NULL AND kind = 'window_recorded'
  AND at > clock_timestamp() - CAST(:seconds AS float8) * interval '1 second'
""")
# What is queued stops; what was under way has gone or is in doubt, and ends by itself. An array,
# because a join would be planned for the few messages that most owners have, and squared.
STOP = text("""
WITH found AS MATERIALIZED (
    SELECT seq FROM message WHERE owner_id = :id AND phase = 'queued'
    ORDER BY seq FOR UPDATE SKIP LOCKED
), stopped AS (
    UPDATE message m SET phase = 'ended', version = version + 1, reason = 'cancelled',
        result = CASE WHEN m.attempt > 0 AND EXISTS (
            SELECT FROM attempt t WHERE t.owner_id = :id AND t.seq = m.seq
            AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'accepted'))
        ) THEN 'unknown' ELSE 'cancelled' END
    WHERE m.owner_id = :id AND m.seq = ANY(ARRAY(SELECT seq FROM found))
    RETURNING m.result
)
SELECT count(*) FILTER (WHERE result = 'cancelled') AS stopped,
       count(*) FILTER (WHERE result = 'unknown') AS doubts FROM stopped
""")
GONE = text("""
SELECT count(*) FILTER (WHERE result = 'sent') AS sent,
       count(*) FILTER (WHERE phase IN ('sending', 'unknown')) AS under_way,
       count(*) FILTER (WHERE phase = 'queued') AS locked
FROM message WHERE owner_id = :id
""")

STOPPED = text("""
SELECT count(*) FILTER (WHERE result = 'cancelled') AS stopped,
       count(*) FILTER (WHERE result = 'sent') AS sent,
       count(*) FILTER (WHERE phase <> 'ended' OR result = 'unknown') AS doubts
FROM message WHERE owner_id = :id
""")


@dataclass(frozen=True, slots=True)
class Books:
    """`states` by phase or result, `reasons` by result; both sum up to the audience."""

    states: dict[str, int]
    reasons: dict[str, dict[str, int]]
    per_second: float
    at: datetime

    @property
    def open(self) -> int:
        """How many have not ended."""
        return sum(self.reasons.get("pending", {}).values())


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a cancellation found."""

    stopped: int
    handed_over: int
    in_doubt: int


async def books(session: Session, campaign: Row) -> Books:
    """Counted now."""
    states: dict[str, int] = defaultdict(int)
    reasons: dict[str, dict[str, int]] = defaultdict(dict)
    rows = await session.execute(COUNTS, {"id": campaign["id"]}, within=WITHIN)
    for row in rows.mappings():
        states[row["state"]] += row["n"]
        reasons[row["result"]][row["reason"]] = row["n"]
    values = {"id": campaign["id"], "seconds": RATE_SECONDS, "started": campaign["started_at"]}
    rate: Any = (await session.execute(RATE, values)).one()
    return Books(dict(states), dict(reasons), float(rate.per_second), rate.now)


async def stopped(session: Session, id: UUID) -> Stopped:
    """What a cancellation has found, as it is by now: what was under way may have gone since."""
    row = (await session.execute(STOPPED, {"id": id}, within=WITHIN)).one()
    return Stopped(row.stopped, row.sent, row.doubts)


async def stop(session: Session, id: UUID) -> Stopped:
    """End what is queued, in the transaction that cancels the campaign.

    What a claim holds right now is passed over, since nobody may wait for it while holding others:
    it is looked at again, until it is known whether it goes.
    """
    stopped = doubts = 0
    for _ in range(LOOKS):
        found = (await session.execute(STOP, {"id": id}, within=WITHIN)).one()
        stopped, doubts = stopped + found.stopped, doubts + found.doubts
        left = (await session.execute(GONE, {"id": id}, within=WITHIN)).one()
        if not left.locked:
            break
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
    return Stopped(stopped, left.sent, left.under_way + left.locked + doubts)
