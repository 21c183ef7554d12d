"""With statistics of yesterday, what settles, sweeps, stops and freezes reads what it is about.

PostgreSQL last looked while owners had a message each, nobody was suppressed and nothing was late.
"""

from datetime import timedelta
from typing import Any

import pytest
from campaign_rows import RUNNING
from query_plans import nodes, rows_read
from sqlalchemy import text
from sqlalchemy.sql.elements import TextClause
from uuid_utils.compat import uuid7

from models import database
from models.messages import CALL_DEADLINE, LEASE
from models.repositories import (
    campaign_books,
    campaign_messages,
    campaign_snapshots,
    campaign_sweeps,
    messages,
    owners,
    settlements,
    sweeps,
)
from models.sessions import Sessions
from models.settlement import LOOK_AGAIN

MANY, FEW, EARLIER = 2000, 10, 1000
WAS = (
    "INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase, result,"
    " next_at, expires_at) SELECT owner, 1, :id, 1, 'sms', '1', 'ended', 'sent', now(), 'infinity'"
    " FROM unnest(CAST(:earlier AS uuid[])) owner",
    "INSERT INTO attempt (owner_id, seq, n, account_id, claim_token, request_key, outcome)"
    " SELECT owner, 1, 1, :id, :id, '', 'accepted' FROM unnest(CAST(:earlier AS uuid[])) owner",
    "INSERT INTO audience_row (audience_id, line, address)"
    " SELECT owner, 1, '1' FROM unnest(CAST(:earlier AS uuid[])) owner",
    "INSERT INTO owner (id, application_id, kind, priority, next_at, status)"
    " SELECT owner, :id, 'batch', 'medium', now(), 'ended'"
    " FROM unnest(CAST(:earlier AS uuid[])) owner",
    "ANALYZE message, attempt, audience_row, owner, suppression",
)
AUDIENCE = (
    "INSERT INTO audience (id, application_id, name, channel, kind, state, created_by)"
    " VALUES (:id, :id, 'all', 'sms', 'inline', 'complete', 'ada')",
    "UPDATE campaign SET audience_id = :id WHERE id = :id",
    "INSERT INTO audience_row (audience_id, line, address)"
    " SELECT :id, n, n::text FROM generate_series(1, :many) n",
)
SUPPRESSED = (
    "INSERT INTO suppression (application_id, channel, address, reason)"
    " SELECT :id, 'sms', n::text, 'stop' FROM generate_series(:many - 9, 2 * :many) n",
)
MESSAGES = (
    "INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase, attempt,"
    " account_id, next_at, expires_at) SELECT :id, n, :id, 0, 'sms', n::text, :phase, 1, :id,"
    " now(), 'infinity' FROM generate_series(1, :many) n",
    "INSERT INTO attempt (owner_id, seq, n, account_id, claim_token, request_key, outcome)"
    " SELECT :id, n, 1, :id, :id, '', 'retry' FROM generate_series(1, :many) n",
)
NOTIFICATIONS = (
    "INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,"
    " channel_mode, on_unknown, addresses, content, data, metadata, created_at, due_at, expires_at,"
    " kind) SELECT id, :id, :id, :id, 'low', '{sms}', 'all', 'hold', '{}', '{}', '{}', '{}', now(),"
    " now(), 'infinity', 1 FROM unnest(CAST(:ids AS uuid[])) id",
    "UPDATE message m SET notification_id = n.id FROM"
    " (SELECT id, row_number() OVER (ORDER BY id) AS seq FROM notification WHERE owner_id = :id) n"
    " WHERE m.owner_id = :id AND m.seq = n.seq",
)
LATE = (
    "INSERT INTO owner (id, application_id, kind, priority, next_at)"
    " SELECT id, :id, 'batch', 'low', now() - interval '1 hour'"
    " FROM unnest(CAST(:ids AS uuid[])) id",
)
ALL = {"first": 1, "last": MANY, "channel": "sms"}
CLAIMING = {"size": FEW, "call_deadline": CALL_DEADLINE, "lease": LEASE}
HALF, ONCE, TWICE = MANY // 2, MANY, 2 * MANY  # of all there is each row is looked at so often
# What has happened since, which statement, what it is asked beside ids, and how much it may read.
CASES: dict[str, tuple[tuple[str, ...], TextClause, dict[str, Any], int]] = {
    "in_doubt": ((*AUDIENCE, *MESSAGES), settlements.IN_DOUBT, {**ALL, "limit": FEW}, 2 * FEW),
    "settle": (
        MESSAGES,
        settlements.SETTLE,
        {
            "seqs": list(range(1, FEW + 1)),
            "attempts": [1] * FEW,
            "actions": ["not_sent"] * FEW,
            "vendor_ids": [""] * FEW,
            "look_again": LOOK_AGAIN,
        },
        FEW * FEW,
    ),
    "sweep": (
        (*MESSAGES, *NOTIFICATIONS, *SUPPRESSED),
        sweeps.SWEEP,
        {**ALL, "call_deadline": CALL_DEADLINE},
        TWICE,
    ),
    "campaign_sweep": (
        (*MESSAGES, *SUPPRESSED),
        campaign_sweeps.SWEEP,
        {"first": 1, "last": MANY, "call_deadline": CALL_DEADLINE, "lease": LEASE},
        TWICE,
    ),
    "stop": (MESSAGES, campaign_books.STOP, {}, TWICE),
    "snapshot": ((*AUDIENCE, *SUPPRESSED), campaign_snapshots.SNAPSHOT, {"channel": "sms"}, ONCE),
    "claim": (
        (*MESSAGES, *NOTIFICATIONS, *SUPPRESSED),
        messages.CLAIM,
        {**ALL, **CLAIMING},
        ONCE,
    ),
    "campaign_claim": (
        (*AUDIENCE, *MESSAGES, *SUPPRESSED),
        campaign_messages.CLAIM,
        {**CLAIMING, "after": 0, "last": MANY},
        2 * FEW,
    ),
    "lost": (LATE, sweeps.LOST, {"after": timedelta(minutes=1)}, HALF),
    "still_overdue": (LATE, owners.STILL_OVERDUE, {"after": timedelta(minutes=1)}, 2 * FEW),
}
NAMES = ("id", "owner_id", "application_id", "audience_id", "account_id", "token")
SETTLING = ("in_doubt", "settle")


@pytest.mark.parametrize("name", CASES)
async def test_a_statement_reads_what_it_is_about(database_url: str, name: str) -> None:
    since, statement, asked, most = CASES[name]
    engine = database.engine(database_url, pool=1, planned_once=True, in_order=True)
    id, ids = uuid7(), [uuid7() for _ in range(MANY)]
    made = {
        "id": id,
        "ids": ids,
        "earlier": [uuid7() for _ in range(EARLIER)],
        "many": MANY,
        "phase": "unknown" if name in SETTLING else "queued",
    }
    ours = {
        **dict.fromkeys(NAMES, id),
        "ids": ids[:FEW],
        **asked,
    }
    try:
        async with Sessions(engine).begin() as session:
            for sql in (*WAS, *RUNNING, *since):
                await session.execute(text(sql), made)
            explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
            [[[plan]]] = (await session.execute(explain, ours)).all()
    finally:
        await engine.dispose()

    found = [(rows_read(n), n["Node Type"], n.get("Index Name")) for n in nodes(plan["Plan"])]
    assert max(rows for rows, *_ in found) <= most, found
