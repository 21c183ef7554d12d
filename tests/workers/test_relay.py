"""The relay forgets a start only once its workflow exists."""

import asyncio
from datetime import timedelta

import asyncpg
from pydantic import SecretStr
from raw_peers import CLOSE, listening, say, until
from uuid_utils.compat import uuid7

from models.settings import Settings
from workers.connect import lazy
from workers.relay import run

START = """
INSERT INTO workflow_start (id, kind, application_id, priority, channels, due_at, created_at)
VALUES ($1, 'notification', $1, 'high', '{sms}', now(), now() - interval '1 hour')
"""


async def test_a_start_that_failed_keeps_its_row_and_is_tried_again(database_url: str) -> None:
    database = await asyncpg.connect(database_url)
    id, calls = uuid7(), 0
    await database.execute(START, id)

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await say(writer, CLOSE)

    async with listening(hang_up) as port:
        settings = Settings(
            database_url=SecretStr(database_url),
            temporal_address=f"127.0.0.1:{port}",
            relay_after=timedelta(seconds=1),
        )
        stop = asyncio.Event()
        relay = asyncio.create_task(run(settings, await lazy(settings), stop))
        await until(lambda: calls or relay.done())
        # Stopping waits for the round that is under way: what it removes, it has removed by then.
        stop.set()
        await relay
    left = await database.fetch("SELECT id FROM workflow_start")
    await database.close()
    assert calls
    assert [str(row["id"]) for row in left] == [str(id)]
