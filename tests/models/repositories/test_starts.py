"""Starts by priority; and those that share a workflow, gathered from however many wait."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories import workflow_starts
from models.repositories.workflow_starts import SHARED_MOST, Waiting
from models.sessions import Sessions

START = text("""
INSERT INTO workflow_start (id, kind, application_id, priority, channels, due_at, created_at)
VALUES (:id, :kind, :application, :priority, CAST(:channels AS text[]), now(),
    clock_timestamp() - make_interval(secs => :age))
""")
NOTIFICATIONS = text("""
INSERT INTO notification (id, application_id, category_id, priority, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at)
SELECT id, application_id, application_id, priority, channels, 'all', 'hold', '{}', '{}', '{}',
    now(), now() + interval '1 hour' FROM workflow_start
""")
LEFT = text("SELECT kind, count(*) FROM workflow_start GROUP BY 1 ORDER BY 1")
OWNED = text("SELECT count(*) FROM notification WHERE owner_id = :owner")
AGE = timedelta(seconds=5)


@pytest.fixture(autouse=True)
async def _nobody_waits(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("TRUNCATE workflow_start, notification, owner"))


async def write(sessions: Sessions, *starts: tuple[object, str, str, int]) -> None:
    """Each: application, kind, priority, age in seconds."""
    async with sessions.begin() as session:
        for application, kind, priority, age in starts:
            values = {"application": application, "kind": kind, "priority": priority, "age": age}
            channels = ["email", "sms"]
            await session.execute(START, values | {"id": uuid7(), "channels": channels})


async def test_the_urgent_are_started_first_and_the_oldest_of_them(sessions: Sessions) -> None:
    app = uuid7()
    ages = [("low", 90), ("medium", 30), ("high", 10), ("low", 60), ("high", 20), ("high", 1)]
    await write(sessions, *((app, "batch", priority, age) for priority, age in ages))
    await write(sessions, (app, "shared", "high", 100))

    async with sessions.begin() as session:
        rows = await workflow_starts.old(session, AGE)
        gone = await workflow_starts.remove(session, [row.owner_id for row in rows[:2]])
    async with sessions.begin() as session:
        left = await workflow_starts.old(session, AGE)

    assert [row.priority for row in rows] == ["high", "high", "medium", "low", "low"]
    assert gone == 2
    assert left == rows[2:]


async def test_who_waits_is_counted_no_further_than_matters(sessions: Sessions) -> None:
    one, other = uuid7(), uuid7()
    many = [(one, "shared", "low", 0)] * (SHARED_MOST + 1)
    await write(sessions, *many, *[(other, "shared", "low", 0)] * 2, (one, "shared", "high", 0))
    await write(sessions, (one, "batch", "medium", 0))

    async with sessions.begin() as session:
        groups = await workflow_starts.waiting(session)

    assert Counter(groups) == Counter(
        [Waiting("low", one, SHARED_MOST), Waiting("low", other, 2), Waiting("high", one, 1)]
    )


async def test_nobody_waits(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        assert await workflow_starts.waiting(session) == []
        assert await workflow_starts.gather(session, Waiting("low", uuid7(), 1), uuid7()) is None


async def test_the_oldest_share_a_workflow_and_the_others_go_on_waiting(sessions: Sessions) -> None:
    app, owner = uuid7(), uuid7()
    await write(sessions, (app, "shared", "low", 0), *[(app, "shared", "low", 9)] * SHARED_MOST)
    await write(sessions, (app, "shared", "high", 20), (uuid7(), "shared", "low", 20))
    async with sessions.begin() as session:
        await session.execute(NOTIFICATIONS)

    async with sessions.begin() as session:
        start = await workflow_starts.gather(session, Waiting("low", app, 1), owner)

    assert start
    assert (start.owner_id, start.kind, start.size) == (owner, "batch", SHARED_MOST)
    assert start.channels == ("email", "sms")
    async with sessions.begin() as session:
        left = (await session.execute(LEFT)).all()
        owned = (await session.execute(OWNED, {"owner": owner})).scalar()
    assert [tuple(row) for row in left] == [("batch", 1), ("shared", 3)]
    assert owned == SHARED_MOST
