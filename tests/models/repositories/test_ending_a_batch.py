"""A batch ends in one statement whatever PostgreSQL knows of its tables: nothing, at first."""

import asyncio

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models import database
from models.repositories import decisions

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
    sessions = database.sessions(engine)
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
