"""However many wait, the relay reads no more of a queue than it takes, whenever it planned that."""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from query_plans import nodes, rows_read
from sqlalchemy import TextClause
from uuid_utils.compat import uuid7

from models import database
from models.repositories import owners, workflow_starts
from workers import relay

APPLICATION = uuid7()
MOST_ROWS = 2000  # the 500 that are taken, and what earlier plans, rolled back, left in the indexes
STARTS = """
INSERT INTO workflow_start (id, kind, application_id, priority, channels, due_at)
SELECT gen_random_uuid(), 'shared', $1, $2, '{sms}', now() FROM generate_series(1, $3)
"""
OWNERS = """
INSERT INTO owner (id, application_id, kind, priority, next_at)
SELECT gen_random_uuid(), $1, 'notification', 'high', now() + $2 FROM generate_series(1, $3)
"""
NOTIFICATIONS = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at)
SELECT id, $1, owner_id, $1, 'low', '{sms}', 'all', 'hold', '{}', '{}', '{}', now(),
    now() + interval '1 day'
FROM (SELECT id, NULL::uuid FROM workflow_start UNION ALL SELECT id, id FROM owner)
    AS n (id, owner_id)
ON CONFLICT DO NOTHING
"""
STATEMENTS: dict[str, tuple[TextClause, dict[str, Any]]] = {
    "old": (workflow_starts.OLD, {"age": "5 seconds"}),
    "waiting": (workflow_starts.WAITING, {}),
    "gather_high": (workflow_starts.GATHER, {"priority": "high"}),
    "gather_low": (workflow_starts.GATHER, {"priority": "low"}),
    "overdue": (owners.OVERDUE, {"priority": "high", "after": "2 minutes"}),
}
EVERY = {"application_id": APPLICATION, "owner_id": uuid7()}


def parameters(statement: TextClause) -> list[str]:
    return list(dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", statement.text)))


async def fill(connection: asyncpg.Connection, low: int, high: int, scheduled: int) -> None:
    await connection.execute(STARTS, APPLICATION, "low", low)
    await connection.execute(STARTS, APPLICATION, "high", high)
    await connection.execute(OWNERS, APPLICATION, relay.TIDY_EVERY, scheduled)
    await connection.execute(OWNERS, APPLICATION, -relay.TIDY_EVERY, 3)
    await connection.execute(NOTIFICATIONS, APPLICATION)


async def prepare(connection: asyncpg.Connection, when: str) -> None:
    """Prepared and executed once, so that each has the plan it keeps."""
    for name, (statement, _) in STATEMENTS.items():
        sql = statement.text
        for number, parameter in enumerate(parameters(statement), 1):
            sql = re.sub(rf"(?<!:):{parameter}\b", f"${number}", sql)
        await connection.execute(f"PREPARE {name}_{when} AS {sql}")
        await plan(connection, name, when)


async def plan(connection: asyncpg.Connection, name: str, when: str) -> dict[str, Any]:
    statement, own = STATEMENTS[name]
    values = ", ".join(f"'{(EVERY | own)[each]}'" for each in parameters(statement))
    call = f"{name}_{when}({values})" if values else f"{name}_{when}"
    explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE {call}"
    transaction = connection.transaction()
    await transaction.start()
    try:
        return (await connection.fetchval(explain))[0]["Plan"]
    finally:
        await transaction.rollback()


@pytest.fixture(scope="module")
async def plans(database_url: str) -> AsyncIterator[dict[str, dict[str, Any]]]:
    """Of each statement: planned while few waited, and planned once all were counted."""
    engine = database.engine(database_url, planned_once=True)
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        await fill(raw, 3, 0, 3)
        await raw.execute("VACUUM ANALYZE")
        await prepare(raw, "early")
        await fill(raw, 60_000, 1, 20_000)
        early = {name: await plan(raw, name, "early") for name in STATEMENTS}
        await raw.execute("ANALYZE")
        await prepare(raw, "late")
        yield {"early": early, "late": {name: await plan(raw, name, "late") for name in STATEMENTS}}
    await engine.dispose()


@pytest.mark.parametrize("when", ["early", "late"])
@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_more_is_read_than_is_taken(plans, name, when) -> None:
    found = list(nodes(plans[when][name]))

    whole = [node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"]
    assert whole == []
    assert max(rows_read(node) for node in found) <= MOST_ROWS
