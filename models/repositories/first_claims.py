"""Decide and claim in one statement: a new notification of which one message goes out at once.

The usual case of a notification by itself, and half the way of `decide` and `claim`
(docs/decisions/0008). Whatever is not that case is left to them, untouched.
"""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from models.messages import CALL_DEADLINE, LEASE
from models.repositories.decisions import CANDIDATES, DRIVE
from models.repositories.messages import Claimed
from models.selection import Selection
from models.sessions import Session

# The message is written as a claim would leave it, and its account tells both. The notification is
# locked and looked at as it is now: a cancellation comes first, or finds a message handed over. One
# that somebody has locked is passed over: the owner is ours already, and others take it after the
# notification. What was ever scheduled is left alone: an edit may be under way.
CLAIM = text(f"""
WITH driving AS MATERIALIZED ({DRIVE}), {CANDIDATES}, ready AS MATERIALIZED (
    SELECT n.id, n.application_id, n.due_at, n.expires_at, n.pinned_account_id,
           n.template_version_id, n.content, n.locale, n.data, c.step, c.address
    FROM (SELECT id, step, channel, address FROM candidate
          WHERE (SELECT count(*) FROM open) = 1 AND (SELECT count(*) FROM candidate) = 1) c
    JOIN notification n ON n.id = c.id
    WHERE n.cancelled_at IS NULL AND n.ended_at IS NULL AND n.due_at <= n.created_at
      AND c.channel = :channel AND COALESCE(n.pinned_account_id, :account_id) = :account_id
      AND NOT EXISTS (
          SELECT FROM vendor_account WHERE id = :account_id AND paused_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM suppression s WHERE s.application_id = n.application_id
          AND s.channel = c.channel AND s.address = c.address)
    FOR NO KEY UPDATE OF n SKIP LOCKED
), claimed AS (
    INSERT INTO message (owner_id, seq, notification_id, application_id, step, channel, address,
        phase, attempt, claim_token, account_id, pinned_account_id, lease_until, next_at,
        expires_at, version)
    SELECT :owner_id, :first, id, application_id, step, :channel, address,
        'sending', 1, :token, :account_id, pinned_account_id, clock_timestamp() + :lease, due_at,
        expires_at, 1
    FROM ready
    ON CONFLICT DO NOTHING
    RETURNING owner_id, seq, notification_id, application_id, owner_id || '.' || seq AS request_key
), attempts AS (
    INSERT INTO attempt (owner_id, seq, n, account_id, claim_token, request_key)
    SELECT owner_id, seq, 1, :account_id, :token, request_key FROM claimed
), events AS (
    INSERT INTO event (application_id, notification_id, owner_id, seq, version, kind, attempt)
    SELECT application_id, notification_id, owner_id, seq, step.version, step.kind, step.attempt
    FROM claimed CROSS JOIN (VALUES (0, 'queued', CAST(NULL AS int)), (1, 'handing_over', 1))
         AS step (version, kind, attempt) ORDER BY step.version
)
SELECT k.seq, 1 AS attempt, r.address, k.request_key, k.notification_id, k.application_id,
       r.expires_at - now() AS life, r.template_version_id, r.content, r.locale, r.data
FROM claimed k CROSS JOIN ready r
""")  # noqa: S608 - our own constants


async def claim(
    session: Session, which: Selection, account_id: UUID, token: UUID, size: int
) -> list[Claimed]:
    """The owner's first message, decided and handed to this token; none if it is not that simple.

    `which` is that one message, on the channel of `account_id`; `size` is 1 or more.
    """
    if size < 1:
        return []
    times = {"call_deadline": CALL_DEADLINE, "lease": LEASE}
    values = asdict(which) | times | {"account_id": account_id, "token": token}
    return [Claimed(**row) for row in (await session.execute(CLAIM, values)).mappings()]
