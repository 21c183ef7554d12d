"""Lists over a million notifications: every filter and every pair, explained and timed.

In a database of its own, beside the stack's; a page is found, read and written as JSON.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url

from api.notification_list_views import NotificationPage, listed
from models import database, migrate
from models.notification_filters import Filters
from models.repositories.notification_search import search
from models.sessions import Session
from tests.bench.figures import Figure, quantile
from tests.bench.rig import Rig
from tests.list_filters import Planning, pairs, singles
from tests.listed_rows import Listed, fill

NAME = "tidings_lists"
MANY, FEW = 1_000_000, 100_000
ROUNDS = 3  # the first is not counted: in production the newest pages are warm
LIMIT = 20


@asynccontextmanager
async def filled(url: str, count: int) -> AsyncIterator[tuple[Session, Listed]]:
    """A database with so many, and a connection as the API has it for lists."""
    server = await asyncpg.connect(url)
    own = make_url(url).set(database=NAME).render_as_string(hide_password=False)
    await server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    await server.execute(f"CREATE DATABASE {NAME}")
    try:
        await migrate.upgrade(own)
        made = await fill(own, count)
        engine = database.engine(own, pool=1, planned_once=True)
        async with engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            yield Session(raw), made
        await engine.dispose()
    finally:
        await server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        await server.close()


async def page(session: Session, made: Listed, filters: Filters) -> float:
    """How many milliseconds one took."""
    started = time.perf_counter()
    found = await search(session, made.application_id, filters, None, LIMIT)
    NotificationPage(items=[listed(row) for row in found.rows], next=None).model_dump_json()
    return (time.perf_counter() - started) * 1000


async def lists(rig: Rig, quick: bool) -> list[Figure]:
    """No filter and no pair reads a table from one end to the other."""
    every = [*singles(), *pairs()]
    async with filled(rig.facts["database_url"], FEW if quick else MANY) as (session, made):
        planning = Planning(session._connection)
        for filters in every:
            await search(planning, made.application_id, filters, None, LIMIT)
        assert planning.read_whole() == []
        took: dict[int, float] = {}
        for _ in range(ROUNDS):
            took = {n: await page(session, made, filters) for n, filters in enumerate(every)}
    slowest = max(took, key=lambda n: took[n])
    print(f"slowest of {len(every)}: {took[slowest]:.0f} ms, {every[slowest]}")
    times = list(took.values())
    return [
        Figure("list_p50", quantile(times, 0.5), "ms"),
        Figure("list_p95", quantile(times, 0.95), "ms"),
        Figure("list_slowest", max(times), "ms"),
    ]
