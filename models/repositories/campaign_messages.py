"""The ledger of a campaign: claim and record, with one intent and one outcome a window.

The same protocol as `messages.py` and `outcomes.py` (`ledger.md`), but a message's attempt row is
written with its outcome, by the record or by whoever declares it unknown, and what went well is one
event a window. docs/decisions/0012 says why, and what it saves.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from models.campaign_steps import Shard
from models.messages import CALL_DEADLINE, LEASE, Outcome
from models.repositories.outcomes import storable
from models.sessions import Session

# A cursor (`after`) makes the first pass cheap: what lies behind it has been claimed before.
# Neither the messages nor the audience are joined: with statistics that know small owners only, all
# of them would be read for each that is picked.
CLAIM = text("""
WITH open AS MATERIALIZED (
    SELECT o.application_id, o.expires_at - now() AS life, c.audience_id
    FROM owner o JOIN campaign c ON c.id = o.id
    WHERE o.id = :owner_id AND o.status = 'running' AND c.status = 'running'
      AND o.approved_hash = o.content_hash AND c.content_hash = o.content_hash
      AND o.expires_at > now() + CAST(:call_deadline AS interval)
), picked AS (
    SELECT m.seq FROM message m
    WHERE m.owner_id = :owner_id AND m.seq > :after AND m.seq <= :last AND m.phase = 'queued'
      AND m.next_at <= now() AND COALESCE(m.pinned_account_id, :account_id) = :account_id
      AND EXISTS (SELECT FROM open)
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
      AND m.seq BETWEEN (SELECT min(seq) FROM picked) AND (SELECT max(seq) FROM picked)
    RETURNING m.seq, m.attempt, m.address, m.resends, m.retry_of
), intent AS (
    INSERT INTO event (application_id, owner_id, kind, claim_token, detail)
    SELECT open.application_id, :owner_id, 'window_claimed', :token, jsonb_build_object(
        'first', min(seq), 'last', max(seq), 'messages', count(*), 'account', :account_id)
    FROM claimed, open GROUP BY open.application_id HAVING count(*) > 0
)
SELECT k.seq, k.attempt, k.address, k.resends, k.retry_of, open.life, now() AS at, r.name, r.locale,
       r.data
FROM claimed k CROSS JOIN open CROSS JOIN LATERAL (
    SELECT name, locale, data FROM audience_row
    WHERE audience_id = open.audience_id AND line = k.seq OFFSET 0) r
ORDER BY k.seq
""")

# `done` is empty where this record was written before: it may be repeated. Whoever was declared
# lost has an attempt row without an outcome, which a late record completes. `first` and `last` say
# where its messages are: with statistics that know small owners only, all of this one's would be
# read for every window.
RECORD = text("""
WITH r AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:seqs AS int[]), CAST(:attempts AS int[]), CAST(:keys AS text[]),
        CAST(:retries AS int[]), CAST(:verdicts AS text[]), CAST(:scopes AS text[]),
        CAST(:reasons AS text[]), CAST(:vendor_ids AS text[]), CAST(:details AS text[]),
        CAST(:delays AS interval[]))
        AS r (seq, n, key, retry_of, verdict, scope, reason, vendor_id, detail, delay)
), done AS (
    INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token, retry_of, outcome,
        scope, reason, vendor_id, detail, started_at, ended_at)
    SELECT :owner_id, seq, n, :account_id, key, :token, retry_of, verdict, scope, reason,
           vendor_id, detail, :at, clock_timestamp() FROM r
    ON CONFLICT (owner_id, seq, n) DO UPDATE
    SET outcome = excluded.outcome, scope = excluded.scope, reason = excluded.reason,
        vendor_id = excluded.vendor_id, detail = excluded.detail, ended_at = excluded.ended_at
    WHERE attempt.outcome IS NULL AND attempt.claim_token = excluded.claim_token
    RETURNING seq, n, outcome, scope, reason, EXISTS (
        SELECT FROM attempt b WHERE attempt.n > 1 AND b.owner_id = :owner_id
        AND b.seq = attempt.seq AND b.n <> attempt.n AND b.outcome = 'accepted') AS known
), said AS MATERIALIZED (
    SELECT seq, n, scope, CASE WHEN known THEN 'accepted_before' ELSE reason END AS reason,
        CASE WHEN outcome = 'accepted' OR scope = 'account' THEN interval '0'
             WHEN reason = 'released' THEN interval '0'
             ELSE GREATEST(interval '1 second', (CAST(:delays AS interval[]))[
                 array_position(CAST(:seqs AS int[]), seq)]) END AS delay,
        outcome = 'retry' AND scope <> 'account' AND reason <> 'released' AND
            (CAST(:delays AS interval[]))[array_position(CAST(:seqs AS int[]), seq)] IS NULL
            AS backs_off,
        CASE
        WHEN outcome = 'accepted' OR known THEN 'sent'
        WHEN outcome = 'unknown' THEN 'unknown'
        WHEN outcome = 'refused' AND scope <> 'account' THEN 'refused'
        WHEN reason = 'released' THEN 'released'
        ELSE 'retry' END AS became
    FROM done
), moved AS (
    UPDATE message m
    SET phase = CASE became WHEN 'unknown' THEN 'unknown' WHEN 'sent' THEN 'ended'
                WHEN 'refused' THEN 'ended' ELSE 'queued' END,
        result = CASE WHEN became IN ('sent', 'refused') THEN became END,
        reason = said.reason,
        next_at = clock_timestamp() + CASE WHEN backs_off THEN (0.5 + random() / 2) * LEAST(
            interval '1 hour', interval '2 seconds' * 2 ^ LEAST(m.attempt, 11)) ELSE delay END,
        lease_until = NULL, version = m.version + 1
    FROM said
    WHERE m.owner_id = :owner_id AND m.seq = said.seq AND m.attempt = said.n
      AND m.seq BETWEEN :first AND :last AND m.claim_token = :token
      AND (m.phase IN ('sending', 'unknown')
           OR (became = 'sent' AND (m.phase = 'queued' OR m.result = 'unknown')))
    RETURNING m.seq, m.version, m.address, m.channel, m.attempt, became, said.reason, said.scope
), told AS (
    INSERT INTO event (application_id, owner_id, seq, version, kind, reason, attempt)
    SELECT CAST(:application_id AS uuid), CAST(:owner_id AS uuid), seq, version, became, reason,
           attempt FROM moved WHERE became <> 'sent'
    UNION ALL
    SELECT CAST(:application_id AS uuid), CAST(:owner_id AS uuid), seq, NULL, 'late_outcome',
           became, n FROM said WHERE seq NOT IN (SELECT seq FROM moved)
), window_told AS (
    INSERT INTO event (application_id, owner_id, kind, claim_token, detail)
    SELECT :application_id, :owner_id, 'window_recorded', :token,
           jsonb_object_agg(became, n) FROM (SELECT became, count(*) AS n FROM said GROUP BY 1) c
    HAVING count(*) > 0
), suppressed AS (
    INSERT INTO suppression (application_id, channel, address, reason)
    SELECT :application_id, channel, address, min(reason) FROM moved
    WHERE became = 'refused' AND scope = 'recipient' GROUP BY 2, 3 ORDER BY 2, 3
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM done
""")

# All that this execution handed over is recorded: what it still holds was never handed over, be it
# that its claim's answer was lost. The attempt's number is used up, without a row.
RELEASE = text("""
WITH released AS (
    UPDATE message SET phase = 'queued', lease_until = NULL, next_at = now(), version = version + 1
    WHERE owner_id = :owner_id AND seq BETWEEN :first AND :last AND claim_token = :token
      AND phase = 'sending' RETURNING seq
)
INSERT INTO event (application_id, owner_id, kind, claim_token, detail)
SELECT :application_id, :owner_id, 'window_released', :token,
       jsonb_build_object('messages', count(*), 'first', min(seq), 'last', max(seq))
FROM released HAVING count(*) > 0
""")


class Picked(NamedTuple):
    """A message that is ours until its lease ends; `at`: when it was claimed, by the database."""

    seq: int
    attempt: int
    address: str
    resends: int
    retry_of: int | None
    life: timedelta
    at: datetime
    name: str
    locale: str
    data: Mapping[str, Any]


async def claim(
    session: Session, shard: Shard, after: int, account_id: UUID, token: UUID, size: int
) -> list[Picked]:
    """Up to `size` due messages behind the cursor, handed to this token and nobody else."""
    values = {
        "owner_id": shard.owner_id,
        "after": after,
        "last": shard.last,
        "account_id": account_id,
        "token": token,
        "size": size,
        "call_deadline": CALL_DEADLINE,
        "lease": LEASE,
    }
    return [Picked._make(row) for row in await session.execute(CLAIM, values)]


async def record(
    session: Session,
    shard: Shard,
    account_id: UUID,
    token: UUID,
    ends: Sequence[tuple[Picked, Outcome]],
) -> int:
    """Write what became of these; how many were not yet written. May be repeated."""
    owner = f"{shard.owner_id}."
    seqs = [p.seq for p, _ in ends]
    values = {
        "first": min(seqs),
        "last": max(seqs),
        "owner_id": shard.owner_id,
        "application_id": shard.application_id,
        "account_id": account_id,
        "token": token,
        "at": min(picked.at for picked, _ in ends),
        "seqs": seqs,
        "attempts": [p.attempt for p, _ in ends],
        "keys": [request_key(owner, p) for p, _ in ends],
        "retries": [p.retry_of for p, _ in ends],
        "verdicts": [o.verdict.value for _, o in ends],
        "scopes": [o.scope.value for _, o in ends],
        "reasons": [storable(o.reason, 100) for _, o in ends],
        "vendor_ids": [storable(o.vendor_id, 200) for _, o in ends],
        "details": [storable(o.detail, 500) for _, o in ends],
        "delays": [o.after for _, o in ends],
    }
    return int((await session.execute(RECORD, values)).scalar_one())


def request_key(owner: str, picked: Picked) -> str:
    """`<owner id>.<seq>`, with a suffix for each new logical attempt. `owner` ends in a dot."""
    suffix = f".r{picked.resends}" if picked.resends else ""
    return f"{owner}{picked.seq}{suffix}"


async def release(session: Session, shard: Shard, token: UUID) -> None:
    """Back to the queue with what was never handed over."""
    values = {
        "owner_id": shard.owner_id,
        "first": shard.first,
        "last": shard.last,
        "token": token,
        "application_id": shard.application_id,
    }
    await session.execute(RELEASE, values)
