"""Unknown outcomes: reading those whose time to settle has come, and writing what was decided.

`models.settlement` decides, unless another attempt was accepted meanwhile (`known`). A settlement
is fenced by the attempt: one that was claimed again, or recorded late, is left alone.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from models.repositories.messages import Claimed
from models.selection import Selection
from models.sessions import Session
from models.settlement import LOOK_AGAIN, Action

# Of a campaign's message the content is the campaign's, the person the audience's. Each is looked
# for by its key: with statistics that lag behind, all of the owner's attempts, and all of its
# audience, would be read for every message.
IN_DOUBT = text("""
SELECT m.seq, m.attempt, m.address, m.notification_id, m.application_id, m.account_id, m.resends,
       LEAST(m.expires_at, o.expires_at) AS expires_at,
       LEAST(m.expires_at, o.expires_at) - now() AS life, t.request_key, t.started_at,
       COALESCE(n.on_unknown, c.on_unknown, cat.on_unknown) AS on_unknown,
       COALESCE(n.template_version_id, c.template_version_id) AS template_version_id,
       COALESCE(n.content, c.content) AS content, COALESCE(n.locale, r.locale) AS locale,
       COALESCE(n.data, c.data || jsonb_strip_nulls(
           jsonb_build_object('name', NULLIF(r.name, ''))) || r.data) AS data
FROM (
    SELECT * FROM message
    WHERE owner_id = :owner_id AND seq BETWEEN :first AND :last AND channel = :channel
      AND phase = 'unknown' AND next_at <= now()
    ORDER BY seq OFFSET 0
) m
CROSS JOIN LATERAL (
    SELECT request_key, started_at FROM attempt
    WHERE owner_id = :owner_id AND seq = m.seq AND n = m.attempt OFFSET 0) t
CROSS JOIN LATERAL (SELECT expires_at FROM owner WHERE id = m.owner_id OFFSET 0) o
LEFT JOIN LATERAL (SELECT * FROM notification WHERE id = m.notification_id OFFSET 0) n ON true
LEFT JOIN LATERAL (SELECT * FROM campaign WHERE id = m.owner_id OFFSET 0) c ON true
LEFT JOIN category cat ON cat.id = c.category_id
LEFT JOIN LATERAL (
    SELECT name, locale, data FROM audience_row
    WHERE audience_id = c.audience_id AND line = m.seq OFFSET 0) r ON true
ORDER BY m.seq LIMIT :limit
""")

# Of the listed ids, those that other attempts own; and how many attempts to this address through
# this account are in doubt or under way: each of them may be the one that is listed. Later ones
# too, however much later: the list goes on to this moment. The recent attempts are read once, and
# their messages by key.
TWINS = text("""
WITH near AS MATERIALIZED (
    SELECT owner_id, seq, outcome, vendor_id FROM attempt
    WHERE started_at >= :since AND account_id = :account_id
      AND (vendor_id = ANY(:candidates) OR outcome IS NULL OR outcome = 'unknown')
)
SELECT ARRAY(SELECT vendor_id FROM near WHERE vendor_id = ANY(:candidates)) AS owned,
       (SELECT count(*) FROM near CROSS JOIN LATERAL (
           SELECT FROM message m
           WHERE m.owner_id = near.owner_id AND m.seq = near.seq AND m.address = :address LIMIT 1) m
        WHERE near.outcome IS NULL OR near.outcome = 'unknown') AS rivals
""")

# Two look-ups of one account at once would both see an id as nobody's.
LOCK_LOOK_UPS = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")

# The numbers are said twice, so that never more than these is read of the owner.
SETTLE = text("""
WITH settled AS (
    SELECT seq, n, vendor_id, CASE WHEN EXISTS (
               SELECT FROM attempt b WHERE b.owner_id = :owner_id AND b.seq = r.seq
               AND b.outcome = 'accepted') THEN 'known' ELSE action END AS action
    FROM unnest(CAST(:seqs AS int[]), CAST(:attempts AS int[]), CAST(:actions AS text[]),
        CAST(:vendor_ids AS text[])) AS r (seq, n, action, vendor_id)
), moved AS (
    UPDATE message m
    SET phase = CASE WHEN action IN ('sent', 'known', 'hold') THEN 'ended'
                WHEN action = 'wait' THEN 'unknown' ELSE 'queued' END,
        result = CASE WHEN action IN ('sent', 'known') THEN 'sent'
                 WHEN action = 'hold' THEN 'unknown' END,
        reason = CASE action WHEN 'sent' THEN 'looked_up' WHEN 'known' THEN 'accepted_before'
                 ELSE m.reason END,
        resends = m.resends + CASE action WHEN 'resend' THEN 1 ELSE 0 END,
        retry_of = CASE action WHEN 'resend' THEN m.attempt ELSE m.retry_of END,
        pinned_account_id = CASE action WHEN 'repeat' THEN m.account_id ELSE (
            SELECT n.pinned_account_id FROM notification n WHERE n.id = m.notification_id) END,
        next_at = clock_timestamp() + CASE action WHEN 'wait' THEN CAST(:look_again AS interval)
                  ELSE interval '0' END,
        version = m.version + CASE action WHEN 'wait' THEN 0 ELSE 1 END
    FROM settled
    WHERE m.owner_id = :owner_id AND m.seq = ANY(CAST(:seqs AS int[]))
      AND m.seq = settled.seq AND m.attempt = settled.n AND m.phase = 'unknown'
    RETURNING m.owner_id, m.seq, m.attempt, m.version, m.application_id, m.notification_id,
        action, settled.vendor_id
), attempts AS (
    UPDATE attempt t SET
        outcome = CASE action WHEN 'sent' THEN 'accepted' ELSE 'retry' END,
        reason = CASE action WHEN 'sent' THEN 'looked_up' ELSE 'looked_up_not_sent' END,
        vendor_id = moved.vendor_id, ended_at = COALESCE(t.ended_at, clock_timestamp())
    FROM moved WHERE t.owner_id = :owner_id AND t.seq = ANY(CAST(:seqs AS int[]))
      AND t.seq = moved.seq AND t.n = moved.attempt AND moved.action IN ('sent', 'not_sent')
)
INSERT INTO event (application_id, notification_id, owner_id, seq, version, kind, reason, attempt)
SELECT application_id, notification_id, owner_id, seq, version,
    CASE action WHEN 'sent' THEN 'sent' WHEN 'known' THEN 'sent' WHEN 'hold' THEN 'held'
    WHEN 'resend' THEN 'resend' ELSE 'retry' END,
    CASE action WHEN 'sent' THEN 'looked_up' WHEN 'not_sent' THEN 'looked_up_not_sent'
    WHEN 'known' THEN 'accepted_before' WHEN 'repeat' THEN 'same_key_again'
    ELSE 'on_unknown' END, attempt
FROM moved WHERE action <> 'wait'
""")

# Claimed longer before, an attempt was handed over before: a lease, and clocks that differ.
TWINS_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class InDoubt:
    """An unknown outcome, with what settling needs."""

    claimed: Claimed
    account_id: UUID
    resends: int
    expires_at: datetime
    started_at: datetime
    on_unknown: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided about one; `vendor_id` where a look-up found it."""

    claimed: Claimed
    action: Action
    vendor_id: str = ""


async def in_doubt(session: Session, which: Selection, limit: int) -> list[InDoubt]:
    """Unknowns whose time to settle has come."""
    rows = (await session.execute(IN_DOUBT, asdict(which) | {"limit": limit})).mappings()
    found = []
    for row in rows:
        claimed = Claimed(**{name: row[name] for name in Claimed.__slots__})
        rest = {name: row[name] for name in InDoubt.__slots__ if name != "claimed"}
        found.append(InDoubt(claimed=claimed, **rest))
    return found


async def unowned(session: Session, doubt: InDoubt, candidates: Sequence[str]) -> str | None:
    """Which listed id is this doubt's: None unless there is one for each that may claim one.

    Held until the transaction ends: no other look-up of the account gets the same id.
    """
    await session.execute(LOCK_LOOK_UPS, {"name": f"look-up/{doubt.account_id}"})
    values = {
        "account_id": doubt.account_id,
        "candidates": list(candidates),
        "address": doubt.claimed.address,
        "since": doubt.started_at - TWINS_WITHIN,
    }
    row = (await session.execute(TWINS, values)).one()
    free = [candidate for candidate in candidates if candidate not in set(row.owned)]
    return free[0] if free and len(free) >= row.rivals else None


async def write(session: Session, owner_id: UUID, settled: Sequence[Settled]) -> None:
    """Write what was decided."""
    values = {
        "owner_id": owner_id,
        "seqs": [s.claimed.seq for s in settled],
        "attempts": [s.claimed.attempt for s in settled],
        "actions": [s.action.value for s in settled],
        "vendor_ids": [s.vendor_id for s in settled],
        "look_again": LOOK_AGAIN,
    }
    await session.execute(SETTLE, values)
