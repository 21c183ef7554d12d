"""The chain: gapless, also with many writers at once, and nothing of it can be changed."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from models import database
from models.repositories import audit_log
from models.repositories.audit_log import Actor, Entry
from models.sessions import Sessions


@pytest.fixture(scope="module")
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    engine = database.engine(database_url, pool=8, name="audit log", patience_seconds=8)
    yield Sessions(engine)
    await engine.dispose()


def entry(subject: str) -> Entry:
    detail = {"b": 1.0, "a": [None, "é"], "n": 10**15}
    return Entry(Actor("key", None, "ada"), "template.publish", "template", subject, None, detail)


async def chain(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(
            "SELECT *, detail::text AS detail FROM audit_entry ORDER BY number"
        )
    finally:
        await connection.close()


async def test_many_at_once_make_one_chain(sessions: Sessions, database_url: str) -> None:
    async def write(n: int) -> None:
        async with sessions.begin() as session:
            await audit_log.append(session, entry(str(n)))
            if n % 5 == 0:
                raise ZeroDivisionError

    await asyncio.gather(*(write(n) for n in range(40)), return_exceptions=True)
    rows = await chain(database_url)
    assert [row["number"] for row in rows] == list(range(1, 33))
    previous = audit_log.BEGINNING
    for row in rows:
        assert row["previous"] == previous
        assert row["hash"] == audit_log.digest(previous, dict(row))
        previous = row["hash"]


@pytest.mark.parametrize(
    "change",
    ["UPDATE audit_entry SET actor_name = ''", "DELETE FROM audit_entry", "TRUNCATE audit_entry"],
)
async def test_nothing_of_it_can_be_changed(
    sessions: Sessions, database_url: str, change: str
) -> None:
    async with sessions.begin() as session:
        await audit_log.append(session, entry("kept"))
    before = await chain(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(change)
    finally:
        await connection.close()
    assert await chain(database_url) == before
