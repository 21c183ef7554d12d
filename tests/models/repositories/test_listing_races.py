"""A late acceptance and the end of its notification, at once: the listing says sent."""

import asyncio

import pytest
from uuid_utils.compat import uuid7

from models.messages import Outcome, Verdict
from models.repositories import decisions, messages, outcomes

LIST = """
WITH kind AS (UPDATE notification SET kind = 1 WHERE owner_id = :o RETURNING id)
INSERT INTO notification_listing (kind, status, id) SELECT 1, 'open', id FROM kind RETURNING id
"""
ONLY = "DELETE FROM message WHERE owner_id = :o AND seq > 1 RETURNING seq"
LOST = """
UPDATE message SET phase = 'ended', result = 'unknown', reason = 'worker_lost', lease_until = NULL
WHERE owner_id = :o RETURNING seq
"""
LISTED = "SELECT status FROM notification_listing WHERE id = :o"
WAITS = """
SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()
"""
ACCEPTED = Outcome(Verdict.ACCEPTED, vendor_id="V")


@pytest.fixture
async def late(rows):
    """Its only message is held as unknown; the attempt's outcome is on its way."""
    token = uuid7()
    await rows.run(LIST)
    await rows.run(ONLY)
    async with rows.sessions.begin() as session:
        [claimed] = await messages.claim(session, rows.which, uuid7(), token, 1)
    await rows.run(LOST)
    return token, claimed


async def record(rows, late) -> None:
    token, claimed = late
    async with rows.sessions.singly() as session:
        await outcomes.record(session, rows.which.owner_id, token, [(claimed, ACCEPTED)])


async def test_whoever_ends_it_meanwhile_is_waited_for(rows, late) -> None:
    async with rows.sessions.begin() as ending:
        assert await decisions.end(ending, rows.which.owner_id)
        recording = asyncio.create_task(record(rows, late))
        async with asyncio.timeout(20):
            while not recording.done() and not await rows.run(WAITS):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    await recording
    assert await rows.run(LISTED) == [("sent",)]


async def test_whoever_comes_to_end_it_before_that_is_written_leaves_it_to_the_next(
    rows, late
) -> None:
    token, claimed = late
    async with rows.sessions.begin() as session:
        await outcomes.record(session, rows.which.owner_id, token, [(claimed, ACCEPTED)])
        async with rows.sessions.begin() as ending:
            assert not await decisions.end(ending, rows.which.owner_id)
    assert await rows.run(LISTED) == [("open",)]
    async with rows.sessions.begin() as ending:
        assert await decisions.end(ending, rows.which.owner_id)
    assert await rows.run(LISTED) == [("sent",)]


async def test_what_had_ended_before_is_corrected(rows, late) -> None:
    async with rows.sessions.begin() as ending:
        assert await decisions.end(ending, rows.which.owner_id)
    assert await rows.run(LISTED) == [("unknown",)]
    await record(rows, late)
    assert await rows.run(LISTED) == [("sent",)]
