"""Sessions: what a failed, cancelled or killed connection leaves to the next user of the pool."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
from sqlalchemy import text

from models import database
from models.database import is_away
from models.sessions import Sessions

PID = text("SELECT pg_backend_pid()")
SLEEP = text("SELECT pg_sleep(:seconds)")
TABLE = text("CREATE TEMP TABLE IF NOT EXISTS person (address text PRIMARY KEY)")
INSERT = text("INSERT INTO person (address) VALUES (:address)")
COUNT = text("SELECT count(*) FROM person")
SECRET = "canary@example.org"


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    """Over a pool of one connection: every session is the next user of the last one's."""
    engine = database.engine(database_url, pool=1, patience_seconds=2)
    yield Sessions(engine)
    await engine.dispose()


async def pid(sessions: Sessions) -> int:
    async with sessions.singly() as session:
        return int((await session.execute(PID)).scalar_one())


async def table(sessions: Sessions) -> None:
    async with sessions.singly() as session:
        await session.execute(TABLE)


async def count(sessions: Sessions) -> int:
    async with sessions.singly() as session:
        return int((await session.execute(COUNT)).scalar_one())


async def write(sessions: Sessions, mode: str, *addresses: str, then: str = "") -> None:
    """Insert them all, one after the other; `then`: a statement that comes last."""
    async with getattr(sessions, mode)() as session:
        for address in addresses:
            await session.execute(INSERT, {"address": address})
        if then:
            await session.execute(text(then))


async def test_a_transaction_is_kept_whole_or_not_at_all(sessions: Sessions) -> None:
    await table(sessions)

    with pytest.raises(asyncpg.UndefinedTableError):
        await write(sessions, "begin", "a", then="SELECT FROM nowhere")
    assert await count(sessions) == 0

    await write(sessions, "begin", "a")
    assert await count(sessions) == 1


async def test_singly_each_statement_stands_by_itself(sessions: Sessions) -> None:
    await table(sessions)

    with pytest.raises(asyncpg.UndefinedTableError):
        await write(sessions, "singly", "a", then="SELECT FROM nowhere")

    assert await count(sessions) == 1


async def test_a_commit_that_rolled_back_is_an_error(sessions: Sessions) -> None:
    await table(sessions)

    async def whoever_goes_on_after_an_error() -> None:
        async with sessions.begin() as session:
            await session.execute(INSERT, {"address": "a"})
            with suppress(asyncpg.UndefinedTableError):
                await session.execute(text("SELECT FROM nowhere"))

    with pytest.raises(asyncpg.InFailedSQLTransactionError, match="ROLLBACK"):
        await whoever_goes_on_after_an_error()

    assert await count(sessions) == 0


async def test_an_error_names_no_value(sessions: Sessions) -> None:
    await table(sessions)

    with pytest.raises(asyncpg.UniqueViolationError) as twice:
        await write(sessions, "begin", SECRET, SECRET)
    with pytest.raises(asyncpg.DataError) as wrong:
        async with sessions.singly() as session:
            await session.execute(SLEEP, {"seconds": SECRET})

    for error in (twice.value, wrong.value):
        assert SECRET not in f"{error}{error!r}{error.__cause__}"


async def copy(sessions: Sessions, *addresses: str) -> None:
    async with sessions.begin() as session:
        await session.copy("person", ["address"], [(address,) for address in addresses])


async def test_many_rows_are_copied_all_or_none(sessions: Sessions) -> None:
    await table(sessions)
    many = [f"address {n}" for n in range(1000)]

    with pytest.raises(asyncpg.UniqueViolationError):
        await copy(sessions, *many, many[0])
    assert await count(sessions) == 0

    await copy(sessions, *many)
    assert await count(sessions) == 1000


@pytest.mark.parametrize("address", [SECRET, f"{SECRET}\0"])
async def test_an_error_of_a_copy_names_no_value(sessions: Sessions, address: str) -> None:
    await table(sessions)

    with pytest.raises(asyncpg.PostgresError) as error:
        await copy(sessions, SECRET, address)

    assert SECRET not in f"{error.value}{error.value!r}{vars(error.value)}"
    assert await count(sessions) == 0


async def test_a_connection_killed_in_the_pool_is_replaced_unseen(
    sessions: Sessions, database_url: str
) -> None:
    killed = await pid(sessions)
    await kill(database_url, killed)

    assert await pid(sessions) != killed


async def test_one_killed_in_use_is_away_and_then_replaced(
    sessions: Sessions, database_url: str
) -> None:
    killed = 0

    async def killed_in_use() -> None:
        nonlocal killed
        async with sessions.begin() as session:
            killed = (await session.execute(PID)).scalar_one()
            await kill(database_url, killed)
            await session.execute(PID)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as error:
        await killed_in_use()

    assert is_away(error.value)
    assert await pid(sessions) != killed


@pytest.mark.parametrize("mode", ["begin", "singly"])
async def test_whoever_is_cancelled_leaves_nothing_to_the_next(
    sessions: Sessions, mode: str
) -> None:
    used = asyncio.get_running_loop().create_future()

    async def sleep() -> None:
        async with getattr(sessions, mode)() as session:
            used.set_result((await session.execute(PID)).scalar_one())
            await session.execute(SLEEP, {"seconds": 60.0})

    sleeping = asyncio.create_task(sleep())
    cancelled = await used
    sleeping.cancel()
    await asyncio.wait([sleeping])

    assert sleeping.cancelled()
    assert await pid(sessions) != cancelled


async def test_a_statement_has_a_deadline(sessions: Sessions) -> None:
    with pytest.raises(TimeoutError) as error:
        async with sessions.singly() as session:
            await session.execute(SLEEP, {"seconds": 60.0})

    assert is_away(error.value)
    assert await pid(sessions)


async def test_a_missing_value_is_named(sessions: Sessions) -> None:
    with pytest.raises(KeyError, match="seconds"):
        async with sessions.singly() as session:
            await session.execute(SLEEP)


async def kill(database_url: str, backend: int) -> None:
    """By another connection; until it is gone."""
    connection = await asyncpg.connect(database_url)
    gone = "SELECT pg_terminate_backend($1, 5000)"
    assert await connection.fetchval(gone, backend)
    await connection.close()
