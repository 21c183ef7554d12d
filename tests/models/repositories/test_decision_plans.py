"""Whatever statistics say of what runs and waits, who drives an owner reads its own rows alone."""

from datetime import UTC, datetime

import pytest
from query_plans import nodes, rows_read
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models import database
from models.messages import CALL_DEADLINE, LEASE
from models.repositories import decisions, first_claims, messages
from models.sessions import Sessions

MANY = 2000
# When PostgreSQL last looked, all had ended.
ENDED = (
    "UPDATE owner SET status = 'ended'",
    "UPDATE notification_listing SET status = 'sent'",
    "INSERT INTO owner (id, application_id, kind, priority, next_at, status)"
    " SELECT gen_random_uuid(), :id, 'batch', 'medium', now(), 'ended'"
    " FROM generate_series(1, :many)",
    "INSERT INTO notification_listing (kind, status, id) SELECT n % 4, 'sent', gen_random_uuid()"
    " FROM generate_series(1, 5 * :many) n",
    "ANALYZE owner, notification_listing",
)
SINCE = (
    "INSERT INTO owner (id, application_id, kind, priority, next_at)"
    " SELECT gen_random_uuid(), :id, 'batch', 'medium', now() FROM generate_series(1, :many)",
    "INSERT INTO notification_listing (kind, status, id)"
    " SELECT n % 4, CASE n % 2 WHEN 0 THEN 'scheduled' ELSE 'open' END, gen_random_uuid()"
    " FROM generate_series(1, :many) n",
)
ONE = (
    "INSERT INTO owner (id, application_id, kind, priority, next_at)"
    " VALUES (:id, :id, 'notification', 'high', now())",
    "INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,"
    " channel_mode, on_unknown, addresses, content, data, metadata, created_at, due_at, expires_at,"
    " kind) VALUES (:id, :id, :id, :id, 'high', '{sms}', 'all', 'hold',"
    """ '{"sms": "+491"}', '{}', '{}', '{}', now() - interval '1 hour', now(),"""
    " now() + interval '1 hour', 1)",
    "INSERT INTO notification_listing (kind, status, id) VALUES (1, 'scheduled', :id)",
)
SENT = text("UPDATE message SET phase = 'ended', result = 'sent' WHERE owner_id = :id")


STATEMENTS = {
    "decide": decisions.DECIDE,
    "end": decisions.END,
    "next": decisions.NEXT,
    "next_beside": decisions.NEXT_BESIDE,
    "claim": messages.CLAIM,
    "first_claim": first_claims.CLAIM,
}


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_others_that_run_and_wait_are_not_read(database_url: str, statement: str) -> None:
    engine = database.engine(database_url, pool=1, planned_once=True)
    id = uuid7()
    range = {"first": 1, "last": 9, "channel": "sms"}
    times = {"call_deadline": CALL_DEADLINE, "lease": LEASE, "at": datetime.now(UTC)}
    asked = {"owner_id": id, "account_id": id, "token": id, "size": 9, **times, **range}
    try:
        async with Sessions(engine).begin() as session:
            for sql in (*ENDED, *SINCE, *ONE):
                await session.execute(text(sql), {"id": id, "many": MANY})
            if statement in ("end", "claim"):
                await decisions.decide(session, id)
            if statement == "end":
                await session.execute(SENT, {"id": id})
            explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {STATEMENTS[statement]}")
            [[[plan]]] = (await session.execute(explain, asked)).all()
    finally:
        await engine.dispose()

    found = list(nodes(plan["Plan"]))
    assert max(rows_read(node) for node in found) < 10
    assert not [node for node in found if node["Node Type"] == "Seq Scan"]
