"""Attempts to log in: none waits for another that waits for it, and few are kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories import staff_attempts
from models.repositories.staff_attempts import SPAN, SWEPT_MOST
from models.sessions import Session, Sessions

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
KEPT = text("SELECT count(*) FROM staff_attempts WHERE since < :at")
FREE = text("SELECT key FROM staff_attempts FOR UPDATE SKIP LOCKED")
OLD = text("""
INSERT INTO staff_attempts (key, failed, since)
SELECT sha256(n::text::bytea), 1, :at FROM generate_series(1, :many) n
""")


@pytest.fixture(autouse=True)
async def _none(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("TRUNCATE staff_attempts"))


async def count(session: Session, where: str, whose: str, now: datetime = NOW) -> timedelta | None:
    return await staff_attempts.count(session, {where: 2, whose: 2}, now)


async def another(session: Session, where: str, whose: str) -> None:
    await count(session, where, whose)


async def succeeded(session: Session, where: str, whose: str) -> None:
    await staff_attempts.succeeded(session, whose, where, NOW)


@pytest.mark.parametrize("step", [another, succeeded])
async def test_who_waits_for_an_address_holds_no_account(
    sessions: Sessions, step: Callable[..., Awaitable[None]]
) -> None:
    where, whose = f"address {uuid7()}", f"account {uuid7()}"
    async with sessions.begin() as session:
        await count(session, where, whose)

    async def one() -> None:
        async with sessions.begin() as session:
            await step(session, where, whose)

    async with sessions.begin() as session:
        await count(session, where, f"account {uuid7()}")
        waiting = asyncio.create_task(one())
        await until_somebody_waits(sessions)
        async with sessions.begin() as others:  # the account alone: the rest is in these hands
            assert len((await others.execute(FREE)).all()) == 1
    await waiting


async def test_each_attempt_deletes_some_that_are_over(sessions: Sessions) -> None:
    over = NOW - 2 * SPAN
    async with sessions.begin() as session:
        await session.execute(OLD, {"at": over, "many": SWEPT_MOST + 10})
        await count(session, "address", "account")
        assert (await session.execute(KEPT, {"at": NOW})).scalar_one() == 10
        await count(session, "address", "account")
        assert (await session.execute(KEPT, {"at": NOW})).scalar_one() == 0


async def test_those_that_another_deletes_are_left_to_it(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(OLD, {"at": NOW - 2 * SPAN, "many": 5})
    async with sessions.begin() as session, sessions.begin() as other, asyncio.timeout(10):
        await count(session, "address 1", "account 1")
        await count(other, "address 2", "account 2")


async def test_one_too_many_from_an_address_is_kept_of_no_account(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for n in range(2):
            assert await count(session, "address", f"account {n}") is None
        assert await count(session, "address", "account 2") == SPAN
        later = NOW + timedelta(seconds=1)
        assert (await session.execute(KEPT, {"at": later})).scalar_one() == 3


async def until_somebody_waits(sessions: Sessions) -> None:
    async with asyncio.timeout(10), sessions.singly() as session:
        while not (await session.execute(WAITS)).scalar():
            pass
