"""PostgreSQL away when it is time to decide: an activity waits for it, not a workflow task."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.engine import make_url

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = '{name}' AND application_name LIKE 'tidings%'
"""


@asynccontextmanager
async def outage(server, database_url: str) -> AsyncIterator[None]:
    """No connection to this database lives, and none can be made."""
    name = make_url(database_url).database
    await server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    try:
        await server.execute(TERMINATE.format(name=name))
        yield
    finally:
        await server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")


async def test_decide_waits_for_the_database_as_a_normal_activity(
    platform, postgres_server, database_url, events
) -> None:
    due = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    id = await platform.accept(to={"email": "outage@example.com"}, send_at=due)
    workflow = await platform.workflow(id)

    async def names() -> list[str]:
        return [name for _, name in await events(workflow)]

    async with outage(postgres_server, database_url), asyncio.timeout(30):
        while "decide" not in await names():  # noqa: ASYNC110 - Temporal has no event for us
            await asyncio.sleep(0.05)

    assert (await platform.until(id, "sent"))["status"] == "sent"
    assert await platform.ended(id) == "ended"
    assert platform.arrived("outage@example.com") == ["smtp"]
    kinds = [kind for kind, _ in await events(workflow)]
    assert "workflow_task_failed" not in kinds
    assert "workflow_task_timed_out" not in kinds
