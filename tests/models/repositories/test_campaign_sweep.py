"""A lost worker's messages of a campaign: in doubt since their claim, however late that is seen."""

from uuid import UUID

from campaign_rows import RUNNING
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.campaign_steps import Shard
from models.repositories import campaign_sweeps
from models.sessions import Session, Sessions

# Two lost an hour ago, one whose lease lasts.
MESSAGES = """
INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase, attempt,
    claim_token, account_id, lease_until, next_at, expires_at)
SELECT :id, n, :id, 0, 'sms', n::text, 'sending', 1, :id, :id,
    now() + CASE WHEN n < 3 THEN interval '-1 hour' ELSE interval '1 minute' END, now(), 'infinity'
FROM generate_series(1, 3) n
"""
ATTEMPTS = """
SELECT t.seq, now() - t.started_at AS age FROM attempt t WHERE owner_id = :id ORDER BY seq
"""


async def lost(session: Session) -> UUID:
    id: UUID = uuid7()
    for sql in (*RUNNING, MESSAGES):
        await session.execute(text(sql), {"id": id})
    return id


async def test_a_late_sweep_looks_back_to_the_claim(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        id = await lost(session)
        swept = await campaign_sweeps.sweep(session, Shard(id, id, "sms", 1, 3))
        attempts = (await session.execute(text(ATTEMPTS), {"id": id})).all()

    assert swept == {"worker_lost": 2}
    assert [attempt.seq for attempt in attempts] == [1, 2]
    hour_and_lease = 3600 + campaign_sweeps.LEASE.total_seconds()
    assert all(abs(a.age.total_seconds() - hour_and_lease) < 5 for a in attempts)
