"""Whatever statistics say of other owners, a window costs what is in it, not what the campaign has.

PostgreSQL knows how many messages an owner has on average: few, where most are notifications.
"""

from datetime import UTC, datetime, timedelta

import pytest
from campaign_rows import RUNNING
from query_plans import nodes, rows_read
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models import database
from models.messages import CALL_DEADLINE, LEASE
from models.repositories import campaign_messages
from models.sessions import Sessions

WINDOW, PEOPLE, OTHERS = 10, 5000, 1000
CHANGES = {"CLAIM": "CTE claimed", "RECORD": "CTE moved"}
SMALL = """
INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase, result, next_at,
    expires_at)
SELECT owner, 1, :id, 1, 'sms', '1', 'ended', 'sent', now(), 'infinity'
FROM unnest(CAST(:owners AS uuid[])) owner
"""
AUDIENCE = """
INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase, next_at,
    expires_at)
SELECT :id, n, :id, 0, 'sms', n::text, 'queued', now(), 'infinity'
FROM generate_series(1, :people) n
"""


@pytest.mark.parametrize("statement", CHANGES)
async def test_a_window_reads_itself(database_url: str, statement: str) -> None:
    engine = database.engine(database_url, pool=1, planned_once=True, in_order=True)
    id = uuid7()
    made = {"id": id, "owners": [uuid7() for _ in range(OTHERS)], "people": PEOPLE}
    ours = dict.fromkeys(("owner_id", "application_id", "account_id", "token"), id)
    times = {"call_deadline": CALL_DEADLINE, "lease": LEASE, "at": datetime.now(UTC)}
    claim = {**ours, **times, "after": 0, "last": PEOPLE, "size": WINDOW}
    columns = dict.fromkeys(("keys", "scopes", "reasons", "vendor_ids", "details"), [""] * WINDOW)
    record = {
        **ours,
        **times,
        **columns,
        "first": 1,
        "last": WINDOW,
        "seqs": list(range(1, WINDOW + 1)),
        "attempts": [1] * WINDOW,
        "retries": [None] * WINDOW,
        "verdicts": ["accepted"] * WINDOW,
        "delays": [timedelta(seconds=1)] * WINDOW,
    }
    try:
        async with Sessions(engine).begin() as session:
            for sql in (SMALL, "ANALYZE message", *RUNNING, AUDIENCE):
                await session.execute(text(sql), made)
            if statement == "RECORD":
                await session.execute(campaign_messages.CLAIM, claim)
            explain = text(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {getattr(campaign_messages, statement)}"
            )
            values = record if statement == "RECORD" else claim
            [[[plan]]] = (await session.execute(explain, values)).all()
    finally:
        await engine.dispose()

    found = list(nodes(plan["Plan"]))
    [moves] = [n for n in found if n.get("Subplan Name") == CHANGES[statement]]
    assert moves["Actual Rows"] == WINDOW
    assert max(rows_read(node) for node in found) <= 2 * WINDOW
