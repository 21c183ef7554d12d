"""A decision and an end at once: whatever comes first, what has ended has nothing left to send.

Each holds its transaction open while the other runs, in both orders.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from deploy.auditing.audit import Question, audit
from models.repositories import decisions, messages, notifications, profile_deletions, sweeps
from models.repositories.audit_log import Actor
from models.repositories.profiles import Ref
from models.selection import Selection
from models.sessions import Session, Sessions

WHYS = ("cancelled", "expired", "no_contact")
OWNER = """
INSERT INTO owner (id, application_id, kind, priority, next_at)
VALUES (:o, :application, 'batch', 'medium', now())
"""
PERSON = """
WITH person AS (
    INSERT INTO profile (id, application_id, external_id) VALUES (:id, :application, :name)
    RETURNING id
)
INSERT INTO contact (id, profile_id, channel, address) SELECT id, id, 'sms', '+491' FROM person
"""
NOTIFICATION = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, profile_id, content, data, metadata, created_at, due_at, expires_at,
    kind)
VALUES (:id, :application, :o, :application, 'medium', '{sms}', 'all', 'hold', :id, '{}',
    '{}', '{}', now(), now(),
    now() + interval '1 day', 1)
"""
LISTED = "INSERT INTO notification_listing (kind, status, id) VALUES (1, 'open', :id)"
BROKEN = """
SELECT n.end_reason, m.phase, m.result FROM notification n
JOIN message m ON m.owner_id = n.owner_id AND m.notification_id = n.id
WHERE n.owner_id = :o AND n.ended_at IS NOT NULL AND m.phase <> 'ended'
"""
ENDS = """
SELECT n.end_reason, m.phase, m.result, l.status FROM notification n
LEFT JOIN message m ON m.owner_id = n.owner_id AND m.notification_id = n.id
LEFT JOIN notification_listing l ON l.id = n.id WHERE n.id = :id
"""
STOPS = {
    "expired": text("UPDATE notification SET expires_at = now() + interval '1 s' WHERE id = :id"),
    "no_contact": text("DELETE FROM contact WHERE profile_id = :id"),
}
WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
# Whoever reads a notification waits until nobody has this lock.
PAUSE = """
CREATE FUNCTION paused() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_lock_shared(7);
    PERFORM pg_advisory_unlock_shared(7);
    RETURN true;
END $$
"""
POLICY = "CREATE POLICY paused ON notification USING (paused())"
FORCED = "ALTER TABLE notification ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
UNPAUSED = ("DROP POLICY paused ON notification", "DROP FUNCTION paused()")
UNFORCED = "ALTER TABLE notification DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"


@dataclass(frozen=True)
class Batch:
    """A running owner, to whose people something is due."""

    sessions: Sessions
    id: UUID
    application: UUID

    @property
    def which(self) -> Selection:
        return Selection(self.id, "sms", 1, 99)

    async def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.sessions.begin() as session:
            given = {"o": self.id, "application": self.application} | values
            return [tuple(row) for row in await session.execute(text(sql), given)]

    async def add(self) -> UUID:
        """One that is due, to somebody with a telephone."""
        id = uuid7()
        await self.run(PERSON, id=id, name=str(id))
        await self.run(NOTIFICATION, id=id)
        await self.run(LISTED, id=id)
        return id

    async def stop(self, session: Session, id: UUID, why: str) -> None:
        """From now on nothing can be sent for it."""
        if why == "cancelled":
            assert await notifications.cancel(session, self.application, id, uuid7())
        else:
            await session.execute(STOPS[why], {"id": id})

    async def stopped(self, id: UUID, why: str) -> None:
        async with self.sessions.begin() as session:
            await self.stop(session, id, why)

    async def end(self) -> bool:
        async with self.sessions.begin() as session:
            return await decisions.end(session, self.id)

    async def decide(self) -> None:
        async with self.sessions.begin() as session:
            await decisions.decide(session, self.id)

    async def delete(self, id: UUID, session: Session) -> None:
        actor = Actor(kind="key", id=self.application, name="test")
        await profile_deletions.delete(session, self.application, Ref(id), actor)

    async def claimed(self) -> list[UUID]:
        """What a worker may send now."""
        async with self.sessions.begin() as session:
            found = await messages.claim(session, self.which, uuid7(), uuid7(), 99)
        return [each.notification_id for each in found]

    async def until_waiting(self, how_many: int = 1) -> None:
        async with asyncio.timeout(20):
            while await self.run(WAITS) != [(how_many,)]:  # noqa: ASYNC110 - in PostgreSQL
                await asyncio.sleep(0.01)


@pytest.fixture
async def batch(sessions: Sessions) -> Batch:
    made = Batch(sessions, uuid7(), uuid7())
    await made.run(
        "INSERT INTO application (id, name) VALUES (:application, CAST(gen_random_uuid() AS text))"
    )
    await made.run(OWNER)
    return made


@pytest.fixture
async def books(database_url: str, batch: Batch) -> AsyncIterator[None]:
    """In the end the audit finds nothing that has ended with a message, or is listed otherwise."""
    yield
    report = await audit(Question(database_url, open_ok=True))
    wrong = {f.check.name for f in report.findings if f.differences}
    assert not wrong & {"ended_with_open_message", "listed_otherwise", "not_listed_once"}


@pytest.mark.parametrize("why", WHYS)
async def test_what_is_just_being_decided_is_not_ended(batch, books, why) -> None:
    id = await batch.add()
    async with batch.sessions.begin() as deciding:
        await decisions.decide(deciding, batch.id)
        await batch.stopped(id, why)
        ending = asyncio.create_task(batch.end())
        await batch.until_waiting()
    assert not await ending
    assert not await batch.end()
    assert await batch.run(BROKEN) == []


async def test_what_was_cancelled_while_it_was_decided_is_stopped(batch, books) -> None:
    id, other = await batch.add(), await batch.add()
    async with batch.sessions.begin() as deciding:
        await decisions.decide(deciding, batch.id)
        await batch.stopped(id, "cancelled")
        ending = asyncio.create_task(batch.end())
        await batch.until_waiting()
    assert not await ending
    assert await batch.claimed() == [other]
    async with batch.sessions.begin() as session:
        await sweeps.sweep(session, batch.which)
    assert not await batch.end()
    assert await batch.run(ENDS, id=id) == [("done", "ended", "cancelled", "cancelled")]


async def test_a_profile_is_deleted_while_something_is_decided_for_it(batch, books) -> None:
    id, other = await batch.add(), await batch.add()
    async with batch.sessions.begin() as deciding:
        await decisions.decide(deciding, batch.id)
        deleting = asyncio.create_task(delete(batch, id))
        await batch.until_waiting()
    await deleting
    assert await batch.run(ENDS, id=id) == [(None, "queued", None, "open")]
    assert await batch.claimed() == [other]
    # Its workflow is woken, or found overdue, and sweeps it.
    assert await batch.run("SELECT next_at <= now() FROM owner WHERE id = :o") == [(True,)]


async def delete(batch: Batch, id: UUID) -> None:
    async with batch.sessions.begin() as session:
        await batch.delete(id, session)


@pytest.mark.parametrize("why", [*WHYS, "deleted"])
async def test_a_decision_that_looked_before_an_end_gives_it_no_message(batch, books, why) -> None:
    id, other = await batch.add(), await batch.add()
    async with batch.sessions.begin() as ending:
        if why == "deleted":
            await batch.delete(id, ending)
        else:
            await batch.stop(ending, id, why)
            assert not await decisions.end(ending, batch.id)
        deciding = asyncio.create_task(batch.decide())
        await batch.until_waiting()
    await deciding
    reason = "cancelled" if why == "deleted" else why
    listed = "failed" if why == "no_contact" else reason
    assert await batch.run(ENDS, id=id) == [(reason, None, None, listed)]
    await batch.decide()
    assert await batch.claimed() == [other]


async def test_of_two_decisions_at_once_the_second_writes_nothing(batch, books) -> None:
    ids = [await batch.add() for _ in range(3)]
    async with batch.sessions.begin() as deciding:
        await decisions.decide(deciding, batch.id)
        second = asyncio.create_task(batch.decide())
        await batch.until_waiting()
        await batch.run("UPDATE contact SET address = '+492' WHERE profile_id = ANY(:ids)", ids=ids)
    await second
    assert await batch.claimed() == ids


@pytest.fixture
async def pausing(batch: Batch) -> AsyncIterator[None]:
    for sql in (PAUSE, POLICY, FORCED):
        await batch.run(sql)
    yield
    for sql in (UNFORCED, *UNPAUSED):
        await batch.run(sql)


@pytest.mark.parametrize("why", WHYS)
async def test_an_end_that_looked_before_the_messages_were_there_ends_nothing(
    batch, books, pausing, why
) -> None:
    id = await batch.add()
    async with batch.sessions.singly() as gate:
        async with batch.sessions.begin() as deciding:
            await decisions.decide(deciding, batch.id)
            await batch.stopped(id, why)
            await gate.execute(text("SELECT pg_advisory_lock(7)"))
            ending = asyncio.create_task(batch.end())
            await batch.until_waiting()  # it has looked already
        await gate.execute(text("SELECT pg_advisory_unlock(7)"))
    assert not await ending
    assert await batch.run(BROKEN) == []


async def test_an_owner_that_only_looks_again_later_does_not_keep_from_ending(batch, books) -> None:
    id = await batch.add()
    await batch.stopped(id, "cancelled")
    async with batch.sessions.begin() as looking:
        await decisions.set_next(looking, batch.id, datetime.now(UTC))
        ending = asyncio.create_task(batch.end())
        await batch.until_waiting()
    assert await ending
    assert await batch.run(ENDS, id=id) == [("cancelled", None, None, "cancelled")]
