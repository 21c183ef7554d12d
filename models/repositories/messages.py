"""Claiming messages: the first half of `ledger.md` as SQL; `outcomes.py` is the second.

Callers own the transaction. Casts are written CAST(:x AS t): SQLAlchemy misreads `:x::t`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.messages import CALL_DEADLINE, LEASE
from models.selection import Selection
from models.sessions import Session

# SKIP LOCKED passes over rows another worker is claiming; FOR UPDATE sees a row as it is now,
# not as it was when the statement began. The owner id is repeated so that one partition is read,
# and the owner is found by it alone: with statistics that lag behind, all that runs would be read.
CLAIM = text("""
WITH picked AS (
    SELECT m.seq
    FROM message m
    JOIN (SELECT id, status, approved_hash, content_hash FROM owner WHERE id = :owner_id OFFSET 0) o
         ON o.id = m.owner_id AND o.status = 'running'
         AND o.approved_hash IS NOT DISTINCT FROM o.content_hash
    JOIN notification n ON n.id = m.notification_id AND n.cancelled_at IS NULL
    WHERE m.owner_id = :owner_id AND m.seq BETWEEN :first AND :last AND m.channel = :channel
      AND m.phase = 'queued' AND m.next_at <= now() AND m.expires_at > now() + :call_deadline
      AND COALESCE(m.pinned_account_id, :account_id) = :account_id
      AND NOT EXISTS (
          SELECT FROM vendor_account WHERE id = :account_id AND paused_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM suppression s WHERE s.application_id = m.application_id
          AND s.channel = m.channel AND s.address = m.address)
    ORDER BY m.seq LIMIT :size
    FOR UPDATE OF m SKIP LOCKED
), claimed AS (
    UPDATE message m
    SET phase = 'sending', attempt = m.attempt + 1, claim_token = :token, account_id = :account_id,
        lease_until = clock_timestamp() + :lease, version = m.version + 1
    WHERE m.owner_id = :owner_id AND m.seq = ANY(ARRAY(SELECT seq FROM picked))
    RETURNING m.owner_id, m.seq, m.attempt, m.version, m.address, m.notification_id,
        m.application_id, m.resends, m.retry_of, m.expires_at,
        m.owner_id || '.' || m.seq
        || CASE WHEN m.resends > 0 THEN '.r' || m.resends ELSE '' END AS request_key
), attempts AS (
    INSERT INTO attempt (owner_id, seq, n, account_id, claim_token, request_key, retry_of)
    SELECT owner_id, seq, attempt, :account_id, :token, request_key, retry_of FROM claimed
), events AS (
    INSERT INTO event (application_id, notification_id, owner_id, seq, version, kind, attempt)
    SELECT application_id, notification_id, owner_id, seq, version, 'handing_over', attempt
    FROM claimed
)
SELECT k.seq, k.attempt, k.address, k.request_key, k.notification_id, k.application_id,
       k.expires_at - now() AS life,
       n.template_version_id, n.content, n.locale, n.data
FROM claimed k JOIN notification n ON n.id = k.notification_id ORDER BY k.seq
""")

# Of a queued message `m`: one of its attempts may have reached the vendor, or did.
MAY_HAVE_GONE = """
(m.attempt > 0 AND EXISTS (
    SELECT FROM attempt t WHERE t.owner_id = m.owner_id AND t.seq = m.seq
    AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'accepted'))))
"""

DUE = text("""
SELECT phase, pinned_account_id AS account_id, count(*) AS due FROM (
    SELECT phase, pinned_account_id FROM message
    WHERE owner_id = :owner_id AND seq BETWEEN :first AND :last AND channel = :channel
      AND phase IN ('queued', 'unknown') AND next_at <= now() LIMIT :limit
) waiting GROUP BY 1, 2 ORDER BY 2 NULLS LAST
""")


@dataclass(frozen=True, slots=True)
class Due:
    """What could be done now: claims, by the account they are pinned to (None: any), and doubts."""

    claims: Mapping[UUID | None, int]
    doubts: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours until its lease ends, with what rendering needs.

    `life`: how long after the claim it may be sent, by the database's clock.
    """

    seq: int
    attempt: int
    address: str
    request_key: str
    notification_id: UUID
    application_id: UUID
    life: timedelta
    template_version_id: UUID | None
    content: Mapping[str, Any] | None
    locale: str
    data: Mapping[str, Any]


async def due(session: Session, which: Selection, limit: int) -> Due:
    """How many a claim could take, and how many unknowns could be settled; pinned ones first."""
    rows = (await session.execute(DUE, asdict(which) | {"limit": limit})).all()
    return Due(
        claims={row.account_id: row.due for row in rows if row.phase == "queued"},
        doubts=sum(row.due for row in rows if row.phase == "unknown"),
    )


async def claim(
    session: Session, which: Selection, account_id: UUID, token: UUID, size: int
) -> list[Claimed]:
    """Up to `size` due messages, handed to this token and nobody else."""
    times = {"call_deadline": CALL_DEADLINE, "lease": LEASE}
    values = asdict(which) | times | {"account_id": account_id, "token": token, "size": size}
    return [Claimed(**row) for row in (await session.execute(CLAIM, values)).mappings()]
