"""When an owner's workflow looks again: nothing that waits is forgotten behind something later."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from activities.decide import DecideActivities
from models.messages import Channel
from models.repositories import decisions, notifications, sweeps
from models.selection import Selection
from models.sessions import Sessions

OWNER = """
INSERT INTO owner (id, application_id, kind, priority, next_at)
VALUES (:owner_id, :owner_id, 'batch', 'medium', now())
"""
NOTIFICATION = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, addresses, content, data, metadata, due_at, expires_at)
VALUES (:id, :owner_id, :owner_id, :owner_id, 'medium', '{sms,email}', 'all', 'hold',
    '{"sms": "+491", "email": "a@b.example"}', '{}', '{}', '{}', clock_timestamp() + :in,
    clock_timestamp() + :in + interval '1 day')
"""
MONTH = timedelta(days=30)


class Batch:
    """An owner and its notifications."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.id = uuid7()

    async def add(self, due_in: timedelta) -> UUID:
        id = uuid7()
        async with self.sessions.begin() as session:
            values = {"id": id, "owner_id": self.id, "in": due_in}
            await session.execute(text(NOTIFICATION), values)
        return id

    async def next_in(self) -> timedelta:
        async with self.sessions.begin() as session:
            sql = text("SELECT next_at - now() FROM owner WHERE id = :id")
            return (await session.execute(sql, {"id": self.id})).scalar_one()


@pytest.fixture
async def batch(sessions: Sessions) -> AsyncIterator[Batch]:
    batch = Batch(sessions)
    async with sessions.begin() as session:
        await session.execute(text(OWNER), {"owner_id": batch.id})
    return batch


async def test_what_comes_due_between_two_statements_is_not_forgotten(batch) -> None:
    await batch.add(MONTH)
    async with batch.sessions.begin() as session:
        assert await decisions.decide(session, batch.id) is None
    await batch.add(timedelta())  # as if it had come due just after that statement

    async with batch.sessions.begin() as session:
        due = await decisions.next_due(session, batch.id)

    assert due < datetime.now(UTC) + timedelta(seconds=1)


async def test_after_a_delivery_the_owner_waits_for_what_is_next_in_all_of_it(batch) -> None:
    await batch.add(timedelta())
    await batch.add(MONTH)
    decision = await DecideActivities(batch.sessions).decide(batch.id)
    assert {which.channel for which in decision.deliver} == {"sms", "email"}
    sms, email = (Selection(batch.id, channel, 1, 9) for channel in (Channel.SMS, Channel.EMAIL))
    ended = "UPDATE message SET phase = 'ended', result = 'sent' WHERE owner_id = :id"
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    async with batch.sessions.begin() as session:
        await decisions.set_next_beside(session, sms, tomorrow)
    assert await batch.next_in() < timedelta(seconds=1)  # the mail is still to be delivered

    async with batch.sessions.begin() as session:
        await session.execute(text(f"{ended} AND channel = 'email'"), {"id": batch.id})
        await decisions.set_next_beside(session, sms, tomorrow)
    assert timedelta(hours=23) < await batch.next_in() < timedelta(hours=25)

    async with batch.sessions.begin() as session:
        await session.execute(text(ended), {"id": batch.id})
        await decisions.set_next_beside(session, email, None)
    assert await batch.next_in() > timedelta(days=29)


async def test_what_was_queued_while_it_was_cancelled_ends(batch) -> None:
    id = await batch.add(timedelta())
    async with batch.sessions.begin() as deciding:
        await decisions.decide(deciding, batch.id)  # not committed yet
        async with batch.sessions.begin() as session:
            assert await notifications.cancel(session, batch.id, id, uuid7())

    workflow = DecideActivities(batch.sessions)
    decision = await workflow.decide(batch.id)
    async with batch.sessions.begin() as session:
        for which in decision.deliver:
            await sweeps.sweep(session, which)
    assert (await workflow.decide(batch.id)).ended == "ended"

    async with batch.sessions.begin() as session:
        sql = text("SELECT phase, result FROM message WHERE owner_id = :id")
        ends = (await session.execute(sql, {"id": batch.id})).all()
    assert ends == [("ended", "cancelled")] * 2
