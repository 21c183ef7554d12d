"""Old keys are forgotten some at a time; one that was taken again meanwhile is not."""

import asyncio

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories import acceptances, idempotency
from models.repositories.acceptances import Deduped
from models.repositories.idempotency import SWEPT_MOST, Answer, Scope
from models.sessions import Sessions

KEYS = text("""
INSERT INTO idempotency_key (application_id, route, key, fingerprint, status, answer, expires_at)
SELECT :id, 'notifications', n::text, '', 202, '', now() + :seconds * interval '1 second'
FROM generate_series(1, :many) n
""")
DEDUPE_KEYS = text("""
INSERT INTO dedupe_key (application_id, key, notification_id, fingerprint, expires_at)
SELECT :id, n::text, :id, '', now() + :seconds * interval '1 second'
FROM generate_series(1, :many) n
""")
LEFT = text("SELECT (SELECT count(*) FROM idempotency_key), (SELECT count(*) FROM dedupe_key)")
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


@pytest.fixture(autouse=True)
async def _no_keys(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("TRUNCATE idempotency_key, dedupe_key"))


async def write(sessions: Sessions, what, many: int, seconds: int) -> None:
    async with sessions.begin() as session:
        await session.execute(what, {"id": uuid7(), "many": many, "seconds": seconds})


async def sweep(sessions: Sessions) -> bool:
    async with sessions.begin() as session:
        return await idempotency.sweep(session)


async def left(sessions: Sessions) -> tuple[int, ...]:
    async with sessions.begin() as session:
        return tuple((await session.execute(LEFT)).one())


@pytest.mark.parametrize("what", [KEYS, DEDUPE_KEYS])
async def test_it_says_whether_there_are_more(sessions: Sessions, what) -> None:
    await write(sessions, what, SWEPT_MOST + 1, -1)
    await write(sessions, KEYS, 2, 60)
    await write(sessions, DEDUPE_KEYS, 3, 60)

    assert await sweep(sessions)
    assert sum(await left(sessions)) == 2 + 3 + 1
    assert not await sweep(sessions)
    assert await left(sessions) == (2, 3)


async def take_key(session, application) -> None:
    scope = Scope(application, "notifications", "a")
    await idempotency.finish(session, scope, b"new", Answer(202, b""))


async def take_dedupe_key(session, application) -> None:
    assert await acceptances.dedupe(session, application, {"a": Deduped(uuid7(), b"new")})


@pytest.mark.parametrize("take", [take_key, take_dedupe_key])
async def test_a_key_that_is_taken_again_meanwhile_stays(sessions: Sessions, take) -> None:
    application = uuid7()
    async with sessions.begin() as session:
        await take(session, application)
        for table in ("idempotency_key", "dedupe_key"):
            await session.execute(text(f"UPDATE {table} SET expires_at = now()"))

    async with sessions.begin() as session:
        await take(session, application)
        sweeping = asyncio.create_task(sweep(sessions))
        await until_somebody_waits(sessions)
    await sweeping

    assert sum(await left(sessions)) == 1


async def until_somebody_waits(sessions: Sessions) -> None:
    async with asyncio.timeout(10), sessions.singly() as session:
        while not (await session.execute(WAITS)).scalar():
            pass
