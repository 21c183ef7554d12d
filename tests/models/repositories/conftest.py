"""A running owner with queued messages, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models import database
from models.selection import Selection
from models.sessions import Sessions

SIZE = 400
OWNER = """
INSERT INTO owner (id, application_id, kind, priority, next_at)
VALUES (:id, :id, 'notification', 'high', now())
"""
NOTIFICATION = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at)
VALUES (:id, :id, :id, :id, 'high', '{sms}', 'all', 'resend', '{}', '{}', '{}', now(),
    now() + interval '1 hour')
"""
MESSAGES = """
INSERT INTO message (owner_id, seq, notification_id, application_id, step, channel, address,
    next_at, expires_at)
SELECT :id, n, :id, :id, 0, 'sms', n::text, now(), now() + interval '1 hour'
FROM generate_series(1, :size) n
"""


@dataclass(frozen=True)
class Rows:
    """One owner's rows, asked and changed with a few words of SQL; `:o` is the owner."""

    sessions: Sessions
    which: Selection

    async def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.sessions.begin() as session:
            result = await session.execute(text(sql), values | {"o": self.which.owner_id})
            return [tuple(row) for row in result]

    async def state(self, seq: int) -> tuple[str, str | None, int]:
        """Phase, result, attempt."""
        [row] = await self.run(
            "SELECT phase, result, attempt FROM message WHERE owner_id = :o AND seq = :s", s=seq
        )
        return row  # type: ignore[return-value]

    async def events(self, seq: int) -> list[str]:
        """The kinds of a message's events, in order."""
        sql = "SELECT kind FROM event WHERE owner_id = :o AND seq = :s ORDER BY id"
        return [kind for (kind,) in await self.run(sql, s=seq)]

    async def attempts(self, seq: int) -> list[tuple[int, str | None]]:
        """Number and outcome."""
        sql = "SELECT n, outcome FROM attempt WHERE owner_id = :o AND seq = :s ORDER BY n"
        return await self.run(sql, s=seq)  # type: ignore[return-value]


@pytest.fixture(scope="module")
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    engine = database.engine(database_url, pool=10)
    yield Sessions(engine)
    await engine.dispose()


@pytest.fixture
async def rows(sessions: Sessions) -> Rows:
    """400 text messages of a running owner, all queued and due."""
    owner_id = uuid7()
    async with sessions.begin() as session:
        for sql in (OWNER, NOTIFICATION, MESSAGES):
            await session.execute(text(sql), {"id": owner_id, "size": SIZE})
    return Rows(sessions, Selection(owner_id, "sms", 1, SIZE))
