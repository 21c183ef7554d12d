"""Recording what became of claimed messages: the second half of `ledger.md` as SQL.

The outcome always reaches its attempt. The message moves only if nobody claimed it since.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import text

from models.messages import RELEASED, Outcome
from models.sessions import Session

# `done` is empty when this record was already written: a COMMIT whose answer was lost is
# repeated without harm. `moved` leaves out whatever another attempt has taken over; a late
# acceptance still ends a re-send that nobody claimed, and corrects an end as unknown.
# What an account refused, or cannot take now, is for the next account, at once. `known`: another
# attempt was accepted meanwhile, so whatever became of this one, the message is sent.
RECORD = text("""
WITH done AS (
    UPDATE attempt a
    SET outcome = r.verdict, scope = r.scope, reason = r.reason, vendor_id = r.vendor_id,
        detail = r.detail, ended_at = clock_timestamp()
    FROM unnest(CAST(:seqs AS int[]), CAST(:attempts AS int[]), CAST(:verdicts AS text[]),
                CAST(:scopes AS text[]), CAST(:reasons AS text[]), CAST(:vendor_ids AS text[]),
                CAST(:details AS text[]), CAST(:delays AS interval[]))
         AS r (seq, n, verdict, scope, reason, vendor_id, detail, delay)
    CROSS JOIN LATERAL (SELECT r.n > 1 AND EXISTS (
        SELECT FROM attempt b WHERE b.owner_id = :owner_id AND b.seq = r.seq
        AND b.n <> r.n AND b.outcome = 'accepted') AS known) k
    WHERE a.owner_id = :owner_id AND a.seq = r.seq AND a.n = r.n
      AND a.claim_token = :token AND a.outcome IS NULL
    RETURNING a.seq, a.n, r.scope,
        CASE WHEN known THEN 'accepted_before' ELSE r.reason END AS reason,
        CASE WHEN r.verdict IN ('refused', 'retry') AND r.scope = 'account' THEN interval '0'
             WHEN r.delay IS NULL OR r.reason = 'released' THEN r.delay
             ELSE GREATEST(r.delay, interval '1 second') END AS delay,
        CASE
        WHEN r.verdict = 'accepted' OR known THEN 'sent'
        WHEN r.verdict = 'unknown' THEN 'unknown'
        WHEN r.verdict = 'refused' AND r.scope <> 'account' THEN 'refused'
        WHEN r.reason = 'released' THEN 'released'
        ELSE 'retry' END AS became
), moved AS (
    UPDATE message m
    SET phase = CASE became WHEN 'unknown' THEN 'unknown' WHEN 'sent' THEN 'ended'
                WHEN 'refused' THEN 'ended' ELSE 'queued' END,
        result = CASE WHEN became IN ('sent', 'refused') THEN became END,
        reason = done.reason,
        next_at = clock_timestamp() + COALESCE(delay, (0.5 + random() / 2) * LEAST(
            interval '1 hour', interval '2 seconds' * 2 ^ LEAST(m.attempt, 11))),
        lease_until = NULL, version = m.version + 1
    FROM done
    WHERE m.owner_id = :owner_id AND m.seq = done.seq AND m.attempt = done.n
      AND m.claim_token = :token
      AND (m.phase IN ('sending', 'unknown')
           OR (became = 'sent' AND (m.phase = 'queued' OR m.result = 'unknown')))
    RETURNING m.seq, m.version, m.address, m.channel, m.application_id
), events AS (
    INSERT INTO event
        (application_id, notification_id, owner_id, seq, version, kind, reason, attempt)
    SELECT m.application_id, m.notification_id, :owner_id, done.seq, moved.version,
           CASE WHEN moved.seq IS NULL THEN 'late_outcome' ELSE became END,
           CASE WHEN moved.seq IS NULL THEN became ELSE done.reason END, done.n
    FROM done JOIN message m ON m.owner_id = :owner_id AND m.seq = done.seq
    LEFT JOIN moved ON moved.seq = done.seq
), late AS (
    SELECT DISTINCT m.notification_id AS id
    FROM moved JOIN message m ON m.owner_id = :owner_id AND m.seq = moved.seq
    WHERE m.result = 'unknown' AND m.notification_id IS NOT NULL
), corrected AS (
    UPDATE notification_listing l SET status = 'sent'
    FROM late JOIN notification n ON n.id = late.id
    WHERE l.kind = n.kind AND l.status = 'unknown' AND l.id = n.id
    RETURNING l.id
), suppressed AS (
    INSERT INTO suppression (application_id, channel, address, reason)
    SELECT moved.application_id, moved.channel, moved.address, min(done.reason)
    FROM moved JOIN done ON done.seq = moved.seq
    WHERE became = 'refused' AND scope = 'recipient' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM done) AS written,
       ARRAY(SELECT id FROM late EXCEPT SELECT id FROM corrected) AS elsewhere
""")

# Corrected while somebody else ends the notification, who still took the message for unknown: they
# are waited for, or find that it has changed and leave it to the next; then the listing is known.
MEET = text("""
UPDATE notification SET revision = revision + 1 WHERE id = ANY(:ids) AND ended_at IS NULL
""")
CORRECT = text("""
UPDATE notification_listing l SET status = 'sent' FROM notification n
WHERE n.id = ANY(:ids) AND l.kind = n.kind AND l.status = 'unknown' AND l.id = n.id
""")

UNRECORDED = text("""
SELECT seq, n AS attempt FROM attempt
WHERE owner_id = :owner_id AND claim_token = :token AND outcome IS NULL
""")


class Place(Protocol):
    """Which attempt of which message."""

    @property
    def seq(self) -> int:
        """The message, within its owner."""

    @property
    def attempt(self) -> int:
        """Its number, from 1."""


async def release(session: Session, owner_id: UUID, token: UUID) -> None:
    """Nothing that this token claimed was handed over: back to the queue, whatever was claimed."""
    rows = await session.execute(UNRECORDED, {"owner_id": owner_id, "token": token})
    if claimed := rows.all():
        await record(session, owner_id, token, [(row, RELEASED) for row in claimed])


async def record(
    session: Session, owner_id: UUID, token: UUID, ends: Sequence[tuple[Place, Outcome]]
) -> int:
    """Write what became of these attempts; how many were not yet written."""
    values = {
        "owner_id": owner_id,
        "token": token,
        "seqs": [c.seq for c, _ in ends],
        "attempts": [c.attempt for c, _ in ends],
        "verdicts": [o.verdict.value for _, o in ends],
        "scopes": [o.scope.value for _, o in ends],
        "reasons": [storable(o.reason, 100) for _, o in ends],
        "vendor_ids": [storable(o.vendor_id, 200) for _, o in ends],
        "details": [storable(o.detail, 500) for _, o in ends],
        "delays": [o.after for _, o in ends],
    }
    recorded = (await session.execute(RECORD, values)).one()
    if recorded.elsewhere:
        for step in (MEET, CORRECT):
            await session.execute(step, {"ids": recorded.elsewhere})
    return int(recorded.written)


def storable(words: str, limit: int) -> str:
    """A vendor's words without what PostgreSQL refuses: they must never stop a record."""
    return words.encode(errors="replace").decode().replace("\0", "")[:limit]
