"""A batch is decided and ended in one statement each, whatever PostgreSQL knows of its tables.

That is nothing at first: then it expects one row of everything, and loops over all where it may.
"""

import asyncio

import pytest
from query_plans import nodes, rows_read
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models import database
from models.messages import CALL_DEADLINE
from models.repositories import decisions
from models.sessions import Sessions

SIZE = 1000
OWNER = """
INSERT INTO owner (id, application_id, kind, priority, next_at)
VALUES (:id, :id, 'batch', 'medium', now())
"""
NOTIFICATIONS = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, addresses, content, data, metadata, due_at, expires_at)
SELECT gen_random_uuid(), :id, :id, :id, 'medium', '{sms}', :mode, 'resend', '{"sms": "+491"}',
    '{}', '{}', '{}', now(), now() + interval '1 hour' FROM generate_series(1, :size)
"""
SENT = "UPDATE message SET phase = 'ended', result = 'sent' WHERE owner_id = :id"


@pytest.mark.parametrize("mode", ["all", "first"])
async def test_a_thousand_notifications_end_at_once_before_any_statistics(
    database_url: str, mode: str
) -> None:
    engine = database.engine(database_url, pool=1, planned_once=True)
    sessions = Sessions(engine)
    owner_id = uuid7()
    values = {"id": owner_id, "size": SIZE, "mode": mode}
    try:
        async with sessions.begin() as session:
            await session.execute(text(OWNER), values)
            await session.execute(text(NOTIFICATIONS), values)
        async with asyncio.timeout(5), sessions.begin() as session:
            assert await decisions.decide(session, owner_id)
        async with sessions.begin() as session:
            await session.execute(text(SENT), values)
        async with asyncio.timeout(5), sessions.begin() as session:
            assert await decisions.end(session, owner_id)
    finally:
        await engine.dispose()


@pytest.mark.parametrize("mode", ["all", "first"])
@pytest.mark.parametrize("statement", ["decide", "end", "next_due", "next_beside"])
async def test_no_row_of_a_batch_is_looked_at_for_each_other_row(
    database_url: str, mode: str, statement: str
) -> None:
    engine = database.engine(database_url, pool=1, planned_once=True)
    owner_id = uuid7()
    values = {"id": owner_id, "size": SIZE, "mode": mode}
    range = {"first": 1, "last": SIZE, "channel": "sms"}
    asked = {"owner_id": owner_id, "call_deadline": CALL_DEADLINE, "at": None, **range}
    try:
        async with Sessions(engine).begin() as session:
            await session.execute(text(OWNER), values)
            await session.execute(text(NOTIFICATIONS), values)
            if statement != "decide":
                assert await decisions.decide(session, owner_id)
                await session.execute(text(SENT), values)
            explain = text(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {getattr(decisions, statement.upper())}"
            )
            values = {name: each for name, each in asked.items() if f":{name}" in explain.text}
            [[[plan]]] = (await session.execute(explain, values)).all()
    finally:
        await engine.dispose()

    most = max(nodes(plan["Plan"]), key=rows_read)
    assert rows_read(most) <= 5 * SIZE, most
