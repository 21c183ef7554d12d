"""What waits, as the relay measures it."""

from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories import measurements


async def test_what_is_due_is_counted_by_priority_and_the_oldest_told(sessions) -> None:
    async with sessions.begin() as session:
        before = await measurements.measure(session)
        for seconds in (30, 90, -60):
            await session.execute(
                text(
                    "INSERT INTO owner (id, application_id, kind, priority, next_at) VALUES"
                    " (:id, :id, 'notification', 'low', now() - :s * interval '1 second')"
                ),
                {"id": uuid7(), "s": seconds},
            )
        found = await measurements.measure(session)
    assert found.waiting == {**before.waiting, "low": before.waiting["low"] + 2}
    assert 90 <= found.oldest_seconds["low"] < 100
    assert found.starts == before.starts
    assert set(found.accounts) == {"open", "closed", "paused"}
