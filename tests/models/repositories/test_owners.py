"""Overdue owners come once a round; those whose workflow could not be started come again."""

from datetime import timedelta

from uuid_utils.compat import uuid7

from models.repositories import owners

AFTER = timedelta(minutes=2)
LATE = """
UPDATE owner SET next_at = now() - interval '3 minutes' WHERE id = :o
"""
SECOND = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at)
SELECT :n, application_id, owner_id, category_id, priority, '{email,sms}', channel_mode,
    on_unknown, content, data, metadata, due_at, expires_at FROM notification WHERE owner_id = :o
"""


async def overdue(rows, priority: str = "high"):
    async with rows.sessions.begin() as session:
        found = await owners.overdue(session, priority, AFTER)
    return [row for row in found if row.owner_id == rows.which.owner_id]


async def test_an_overdue_owner_comes_once(rows) -> None:
    await rows.run(LATE)

    assert await overdue(rows, "low") == []
    [start] = await overdue(rows)
    assert await overdue(rows) == []

    assert start.workflow_id == f"notification/{rows.which.owner_id}"


async def test_one_that_could_not_be_started_comes_again_with_the_next_round(rows) -> None:
    await rows.run(LATE)
    [start] = await overdue(rows)

    async with rows.sessions.begin() as session:
        await owners.still_overdue(session, [start.owner_id], AFTER)

    assert await overdue(rows) == [start]


async def test_its_size_counts_notifications_not_their_channels(rows) -> None:
    await rows.run(SECOND, n=uuid7())
    await rows.run(LATE)

    [start] = await overdue(rows)

    assert (start.size, start.channels) == (2, ("email", "sms"))


async def test_one_that_ended_or_is_not_late_is_left_alone(rows) -> None:
    assert await overdue(rows) == []
    await rows.run(LATE)
    await rows.run("UPDATE owner SET status = 'ended' WHERE id = :o")
    assert await overdue(rows) == []
