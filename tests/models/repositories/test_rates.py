"""An account's rate: what may be taken now, however many ask at once."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories.rates import give_back, grant
from models.sessions import Sessions

ACCOUNT = """
INSERT INTO vendor_account (id, application_id, name, channel, vendor, rank, sealed_config)
VALUES (:id, :id, 'rated', 'sms', 'twilio', 1, '')
"""


@pytest.fixture
async def account(sessions: Sessions) -> UUID:
    """Ten a second, of which four are kept from low priority."""
    id = uuid7()
    async with sessions.begin() as session:
        for sql in (
            "INSERT INTO application (id, name) VALUES (:id, CAST(gen_random_uuid() AS text))",
            ACCOUNT,
            "INSERT INTO vendor_rate (account_id, per_second, reserve) VALUES (:id, 10, 0.4)",
        ):
            await session.execute(text(sql), {"id": id})
    return id


async def ask(sessions: Sessions, account: UUID, wanted: int, priority: str, id: UUID) -> int:
    async with sessions.begin() as session:
        granted, _ = await grant(session, account, id, wanted, priority)
    return granted


async def test_however_many_ask_at_once_the_rate_is_not_exceeded(
    sessions: Sessions, account: UUID
) -> None:
    asked = (ask(sessions, account, 3, "high", uuid7()) for _ in range(8))
    assert sum(await asyncio.gather(*asked)) == 10


async def test_low_priority_leaves_the_reserve_to_the_others(
    sessions: Sessions, account: UUID
) -> None:
    assert await ask(sessions, account, 10, "low", uuid7()) == 6
    assert await ask(sessions, account, 10, "high", uuid7()) == 4


async def test_who_waits_with_a_higher_priority_is_served_first(
    sessions: Sessions, account: UUID
) -> None:
    first = uuid7()
    assert await ask(sessions, account, 10, "high", first) == 10
    assert await ask(sessions, account, 1, "high", uuid7()) == 0
    async with sessions.begin() as session:
        await give_back(session, account, first, 0)  # none was used: all are free at once
    assert await ask(sessions, account, 5, "low", uuid7()) == 0
    assert await ask(sessions, account, 5, "medium", uuid7()) == 0
    assert await ask(sessions, account, 5, "high", uuid7()) == 5


async def test_a_used_permit_is_not_free_before_its_second_is_over(
    sessions: Sessions, account: UUID
) -> None:
    id = uuid7()
    assert await ask(sessions, account, 10, "high", id) == 10
    async with sessions.begin() as session:
        await give_back(session, account, id, 10)
        left = "SELECT until - clock_timestamp() FROM vendor_grant WHERE account_id = :id"
        span = (await session.execute(text(left), {"id": account})).scalar_one()
    assert 0.5 < span.total_seconds() <= 1
    assert await ask(sessions, account, 1, "high", uuid7()) == 0
