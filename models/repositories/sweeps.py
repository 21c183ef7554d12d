"""What time does to messages: leases end, expiries pass, and there is a next time to look."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from models.messages import CALL_DEADLINE
from models.repositories.messages import MAY_HAVE_GONE
from models.selection import Selection
from models.sessions import Session

# One pass over the range. The token stays: whoever was believed lost may still record, as long as
# nobody claimed since. What a claim passes over would stay queued for ever without an end here;
# a re-send that is not made leaves its message as unknown as it was.
SWEEP = text(f"""
WITH found AS (
    SELECT m.seq, CASE
        WHEN m.phase = 'sending' THEN 'worker_lost'
        WHEN n.cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN s.address IS NOT NULL THEN 'suppressed'
        ELSE 'expired' END AS kind, s.reason,
        m.phase = 'queued' AND {MAY_HAVE_GONE} AS in_doubt
    FROM message m
    JOIN notification n ON n.id = m.notification_id
    LEFT JOIN suppression s ON s.application_id = m.application_id
         AND s.channel = m.channel AND s.address = m.address
    WHERE m.owner_id = :owner_id AND m.seq BETWEEN :first AND :last AND m.channel = :channel
      AND (m.phase = 'sending' AND m.lease_until < clock_timestamp()
           OR m.phase = 'queued' AND (m.expires_at <= now() + :call_deadline
               OR n.cancelled_at IS NOT NULL OR s.address IS NOT NULL))
    FOR UPDATE OF m SKIP LOCKED
), moved AS (
    UPDATE message m
    SET phase = CASE WHEN found.kind = 'worker_lost' THEN 'unknown' ELSE 'ended' END,
        result = CASE WHEN found.kind = 'worker_lost' THEN NULL
                 WHEN in_doubt THEN 'unknown' ELSE found.kind END,
        reason = COALESCE(found.reason, found.kind), lease_until = NULL, version = m.version + 1,
        next_at = now()
    FROM found WHERE m.owner_id = :owner_id AND m.seq = ANY(ARRAY(SELECT seq FROM found))
      AND m.seq = found.seq
    RETURNING m.owner_id, m.seq, m.version, m.application_id, m.notification_id, m.attempt,
        CASE WHEN in_doubt THEN 'held' ELSE kind END AS kind,
        CASE WHEN in_doubt THEN kind ELSE found.reason END AS reason
)
INSERT INTO event (application_id, notification_id, owner_id, seq, version, kind, reason, attempt)
SELECT application_id, notification_id, owner_id, seq, version, kind, reason, attempt FROM moved
""")  # noqa: S608 - our own constant

# Leases that ended while no workflow drives their owner. The partitions of the last days hold them.
# The first of each priority, through the index: asked every few seconds, however many are late.
LOST = text("""
SELECT DISTINCT owner_id, channel FROM message
WHERE owner_id IN (
    SELECT late.id FROM (VALUES ('high'), ('medium'), ('low')) p (priority) CROSS JOIN LATERAL (
        SELECT id, next_at FROM owner WHERE status = 'running' AND priority = p.priority
        AND next_at < now() - CAST(:after AS interval) ORDER BY next_at LIMIT 1000) late
    ORDER BY late.next_at LIMIT 1000)
  AND phase = 'sending' AND lease_until < now()
""")


async def sweep(session: Session, which: Selection) -> None:
    """Move what time has moved; before every claim, and by the sweeper."""
    await session.execute(SWEEP, asdict(which) | {"call_deadline": CALL_DEADLINE})


async def lost(session: Session, after: object) -> list[tuple[UUID, str]]:
    """Owners overdue by `after`, with a channel on which a lease has ended."""
    return [(row.owner_id, row.channel) for row in await session.execute(LOST, {"after": after})]
