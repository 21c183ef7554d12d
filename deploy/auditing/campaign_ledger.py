"""What the checks of campaigns read beside the ledger: windows, moves, lives, and hashes anew."""

from typing import Any

import asyncpg
import orjson

from deploy.auditing.campaign_life import can_be
from models.campaign import content_hash, is_own
from models.messages import LEASE
from models.repositories.campaigns import BOUND, JSON

# `under_way`: claimed, and without the attempt row that its record will write. `tried`: all
# attempts, those too. A token is of one pass over a range: its windows follow one another.
TABLES = f"""
CREATE TEMP TABLE under_way AS
SELECT m.owner_id, m.seq, m.attempt AS n, m.account_id, m.owner_id || '.' || m.seq
       || CASE WHEN m.resends > 0 THEN '.r' || m.resends ELSE '' END AS request_key,
       m.claim_token, m.retry_of, CAST(NULL AS text) AS outcome,
       m.lease_until - interval '{LEASE.total_seconds():g} seconds' AS started_at
FROM message m JOIN campaign c ON c.id = m.owner_id WHERE m.phase = 'sending';
CREATE TEMP VIEW tried AS
SELECT owner_id, seq, n, account_id, request_key, claim_token, retry_of, outcome, started_at
FROM attempt UNION ALL SELECT * FROM under_way;
CREATE TEMP TABLE claimed_window AS
SELECT v.owner_id, v.claim_token, v.at, CAST(v.detail ->> 'first' AS int) AS first,
       CAST(v.detail ->> 'last' AS int) AS last, CAST(v.detail ->> 'messages' AS int) AS messages
FROM event v JOIN campaign c ON c.id = v.owner_id
WHERE v.kind = 'window_claimed' AND v.notification_id IS NULL;
CREATE INDEX ON claimed_window (claim_token, first);
CREATE TEMP TABLE campaign_move AS
SELECT v.owner_id, v.id, v.at, v.kind FROM event v JOIN campaign c ON c.id = v.owner_id
WHERE v.notification_id IS NULL AND v.seq IS NULL
  AND v.kind IN ('edited', 'submitted', 'validated', 'found_invalid', 'approved', 'rejected',
      'lapsed', 'started', 'paused', 'resumed', 'completed', 'cancelled');
CREATE TEMP TABLE pass AS
WITH claimed AS (
    SELECT owner_id, claim_token, sum(messages) AS n, min(at) AS at
    FROM claimed_window GROUP BY 1, 2
), lost AS (
    SELECT v.owner_id, v.seq, v.attempt AS n FROM event v JOIN campaign c ON c.id = v.owner_id
    WHERE v.kind = 'worker_lost' AND v.notification_id IS NULL
), tried_by AS (
    SELECT t.owner_id, t.claim_token, count(*) AS n, count(l.n) AS lost,
           count(l.n) FILTER (WHERE t.outcome IS NULL) AS still_lost,
           count(*) FILTER (WHERE t.outcome = 'accepted' AND t.reason IS DISTINCT FROM 'looked_up')
               AS accepted
    FROM attempt t JOIN campaign c ON c.id = t.owner_id
    LEFT JOIN lost l ON l.owner_id = t.owner_id AND l.seq = t.seq AND l.n = t.n GROUP BY 1, 2
), recorded AS (
    SELECT v.owner_id, v.claim_token, sum(CAST(d.value AS int)) AS n,
           sum(CAST(d.value AS int)) FILTER (WHERE d.key = 'sent') AS sent
    FROM event v JOIN campaign c ON c.id = v.owner_id CROSS JOIN jsonb_each_text(v.detail) d
    WHERE v.kind = 'window_recorded' AND v.notification_id IS NULL GROUP BY 1, 2
), released AS (
    SELECT v.owner_id, v.claim_token, sum(CAST(v.detail ->> 'messages' AS int)) AS n
    FROM event v JOIN campaign c ON c.id = v.owner_id
    WHERE v.kind = 'window_released' AND v.notification_id IS NULL GROUP BY 1, 2
), holds AS (
    SELECT owner_id, claim_token, count(*) AS n FROM under_way GROUP BY 1, 2
)
SELECT owner_id, claim_token, claimed.at AS since, COALESCE(claimed.n, 0) AS claimed,
       COALESCE(tried_by.n, 0) AS tried, COALESCE(tried_by.lost, 0) AS lost,
       COALESCE(still_lost, 0) AS still_lost, COALESCE(accepted, 0) AS accepted,
       COALESCE(recorded.n, 0) AS recorded, COALESCE(sent, 0) AS sent,
       COALESCE(released.n, 0) AS released, COALESCE(holds.n, 0) AS holds
FROM claimed FULL JOIN tried_by USING (owner_id, claim_token)
FULL JOIN recorded USING (owner_id, claim_token)
FULL JOIN released USING (owner_id, claim_token)
FULL JOIN holds USING (owner_id, claim_token);
CREATE TEMP TABLE lived AS
WITH told AS (
    SELECT v.owner_id, v.seq, string_agg(v.version || ' ' || v.kind, ',' ORDER BY v.version) AS told
    FROM event v JOIN campaign c ON c.id = v.owner_id
    WHERE v.seq IS NOT NULL AND v.version IS NOT NULL AND v.notification_id IS NULL GROUP BY 1, 2
)
SELECT m.owner_id, m.seq, m.version, m.attempt, concat_ws(' ', m.phase, m.result) AS state,
       COALESCE(t.told, '') AS told, c.status = 'cancelled' AS cancelled
FROM message m JOIN campaign c ON c.id = m.owner_id
LEFT JOIN told t ON t.owner_id = m.owner_id AND t.seq = m.seq;
CREATE TEMP TABLE never_lived (state text, version int, attempt int, told text, cancelled boolean);
CREATE TEMP TABLE hashed_anew (campaign_id uuid, hash text);
CREATE TEMP TABLE own_approval (campaign_id uuid, approver text)
"""  # noqa: S608 - our own constant
LIVES = "SELECT DISTINCT state, version, attempt, told, cancelled FROM lived"
HASHED = f"""
SELECT c.id, c.people, c.revision, {", ".join(f"c.{name}" for name in BOUND)},
       COALESCE((SELECT sum(hashtextextended(m.seq || ' ' || m.address, 0)) FROM message m
                 WHERE m.owner_id = c.id), 0)::text AS digest
FROM campaign c WHERE c.content_hash IS NOT NULL AND c.people > 0
"""  # noqa: S608 - our own constants
APPROVED = """
SELECT c.id, c.authors, a.approver FROM campaign c JOIN campaign_approval a ON a.campaign_id = c.id
WHERE a.decision = 'approved' AND a.hash = c.content_hash
"""


async def load(connection: "asyncpg.Connection[Any]") -> None:
    """Within the snapshot's transaction, once the effects are there."""
    for statement in TABLES.split(";\n"):
        await connection.execute(statement)
    for table in ("under_way", "claimed_window", "campaign_move", "pass", "lived"):
        await connection.execute(f"ANALYZE {table}")
    rows = [row async for row in connection.cursor(LIVES) if not _lives(row)]
    await connection.copy_records_to_table("never_lived", records=[tuple(row) for row in rows])
    hashed = [(row["id"], _hash(row)) for row in await connection.fetch(HASHED)]
    await connection.copy_records_to_table("hashed_anew", records=hashed)
    approved = await connection.fetch(APPROVED)
    own = [(r["id"], r["approver"]) for r in approved if is_own(r["approver"], r["authors"])]
    await connection.copy_records_to_table("own_approval", records=own)


def _lives(row: asyncpg.Record) -> bool:
    told: dict[int, str] = {}
    for event in filter(None, row["told"].split(",")):
        version, _, kind = event.partition(" ")
        if int(version) in told:
            return False
        told[int(version)] = kind
    where = row["state"], row["version"], row["attempt"]
    return can_be(*where, told, cancelled=row["cancelled"])


def _hash(row: asyncpg.Record) -> str:
    """As it was computed when the campaign was validated."""
    bound = {
        name: orjson.loads(row[name]) if name in JSON and row[name] is not None else row[name]
        for name in BOUND
        if name != "audience"
    }
    facts = {name: row[name] for name in ("id", "people", "revision")}
    return content_hash({**bound, **facts, "audience": row["digest"]})
