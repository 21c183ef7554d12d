"""What time, a cancellation or a suppression has moved in a campaign's shard, and what is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.campaign_steps import Shard
from models.messages import CALL_DEADLINE, LEASE
from models.sessions import Session

WITHIN = timedelta(minutes=2)  # a whole campaign may have to end at once

# Ended leases become unknown, with the attempt row that the claim left to its record; what may not
# be sent any more ends, but a re-send that is not made stays as unknown as its message was.
SWEEP = text("""
WITH found AS (
    SELECT m.seq, CASE
        WHEN m.phase = 'sending' THEN 'worker_lost'
        WHEN c.status = 'cancelled' THEN 'cancelled'
        WHEN s.address IS NOT NULL THEN 'suppressed'
        ELSE 'expired' END AS kind, s.reason, m.lease_until,
        m.phase = 'queued' AND m.attempt > 0 AND EXISTS (
            SELECT FROM attempt t WHERE t.owner_id = m.owner_id AND t.seq = m.seq
            AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'accepted'))) AS in_doubt
    FROM message m JOIN owner o ON o.id = m.owner_id JOIN campaign c ON c.id = m.owner_id
    LEFT JOIN suppression s ON s.application_id = m.application_id
         AND s.channel = m.channel AND s.address = m.address
    WHERE m.owner_id = :owner_id AND m.seq BETWEEN :first AND :last
      AND (m.phase = 'sending' AND m.lease_until < clock_timestamp()
           OR m.phase = 'queued' AND (c.status = 'cancelled' OR s.address IS NOT NULL
               OR o.expires_at <= now() + CAST(:call_deadline AS interval)))
    ORDER BY m.seq FOR UPDATE OF m SKIP LOCKED
), moved AS (
    UPDATE message m
    SET phase = CASE WHEN found.kind = 'worker_lost' THEN 'unknown' ELSE 'ended' END,
        result = CASE WHEN found.kind = 'worker_lost' THEN NULL
                 WHEN in_doubt THEN 'unknown' ELSE found.kind END,
        reason = COALESCE(found.reason, found.kind), lease_until = NULL, version = m.version + 1,
        next_at = now()
    FROM found WHERE m.owner_id = :owner_id AND m.seq = ANY(ARRAY(SELECT seq FROM found))
      AND m.seq = found.seq
    RETURNING m.owner_id, m.seq, m.version, m.attempt, m.application_id, m.account_id,
        m.claim_token, m.resends, m.retry_of, found.lease_until AS leased_until,
        CASE WHEN in_doubt THEN 'held' ELSE kind END AS kind,
        CASE WHEN in_doubt THEN kind ELSE found.reason END AS reason
), attempts AS (
    INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token, retry_of,
        started_at)
    SELECT owner_id, seq, attempt, account_id, owner_id || '.' || seq
        || CASE WHEN resends > 0 THEN '.r' || resends ELSE '' END, claim_token, retry_of,
        leased_until - CAST(:lease AS interval)  -- however late we come, look-ups begin there
    FROM moved WHERE kind = 'worker_lost' ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO event (application_id, owner_id, seq, version, kind, reason, attempt)
    SELECT application_id, :owner_id, seq, version, kind, reason, attempt FROM moved
    WHERE kind IN ('worker_lost', 'held')
), counted AS (
    INSERT INTO event (application_id, owner_id, kind, reason, detail)
    SELECT application_id, :owner_id, 'swept', kind, jsonb_build_object(
        'messages', count(*), 'first', min(seq), 'last', max(seq))
    FROM moved WHERE kind NOT IN ('worker_lost', 'held') GROUP BY application_id, kind
)
SELECT kind, count(*) AS n FROM moved GROUP BY kind
""")

LOOK = text("""
SELECT count(*) AS open, count(*) FILTER (WHERE phase = 'unknown' AND next_at <= now()) AS doubts,
       min(pinned_account_id::text) FILTER (WHERE phase = 'queued' AND next_at <= now()) AS pinned,
       min(CASE phase WHEN 'sending' THEN lease_until ELSE next_at END) AS at
FROM message WHERE owner_id = :owner_id AND seq BETWEEN :first AND :last AND phase <> 'ended'
""")


@dataclass(frozen=True, slots=True)
class Look:
    """What is left of a shard: how many are open, in doubt and due, pinned, and when next."""

    open: int
    doubts: int
    pinned: UUID | None
    at: datetime | None


async def sweep(session: Session, shard: Shard) -> dict[str, int]:
    """Move what time, a cancellation or a suppression has moved; how many of each."""
    values = _range(shard) | {"call_deadline": CALL_DEADLINE, "lease": LEASE}
    return {row.kind: row.n for row in await session.execute(SWEEP, values, within=WITHIN)}


async def look(session: Session, shard: Shard) -> Look:
    """What is left to do."""
    row = (await session.execute(LOOK, _range(shard))).one()
    return Look(row.open, row.doubts, UUID(row.pinned) if row.pinned else None, row.at)


def _range(shard: Shard) -> dict[str, Any]:
    return {"owner_id": shard.owner_id, "first": shard.first, "last": shard.last}
