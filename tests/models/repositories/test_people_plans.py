"""Whoever is looked for among many, no table of people is read from end to end."""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from query_plans import nodes, rows_read
from sqlalchemy import TextClause
from uuid_utils.compat import uuid7

from models import database
from models.profile_rows import USUAL_TIME_ZONE
from models.repositories import (
    decisions,
    group_members,
    groups,
    profile_search,
    profiles,
    references,
    suppressions,
)
from models.repositories.profile_search import FILTERS
from models.repositories.profile_upserts import MAKE, TAKE
from models.repositories.suppressions import FILTERS as SUPPRESSION_FILTERS

APPLICATION, GROUP, PERSON, OWNER = uuid7(), uuid7(), uuid7(), uuid7()
MANY = 20_000
MOST_ROWS = 300  # a page of 21, each with its contacts and groups
FILL = f"""
INSERT INTO application (id, name) VALUES ('{APPLICATION}', 'plans');
INSERT INTO profile (id, application_id, external_id, name)
SELECT gen_random_uuid(), '{APPLICATION}', 'p' || n, 'Ada ' || md5(n::text) || ' No' || n
FROM generate_series(1, {MANY}) n;
INSERT INTO profile (id, application_id, external_id) VALUES ('{PERSON}', '{APPLICATION}', 'x');
INSERT INTO contact (id, profile_id, channel, address)
SELECT gen_random_uuid(), id, 'email', external_id || '@example.org' FROM profile;
INSERT INTO profile_group (id, application_id, name)
SELECT CASE n WHEN 1 THEN '{GROUP}'::uuid ELSE gen_random_uuid() END, '{APPLICATION}', 'g' || n
FROM generate_series(1, 5000) n;
INSERT INTO group_member (group_id, profile_id)
SELECT '{GROUP}', id FROM profile WHERE external_id LIKE 'p%7';
INSERT INTO group_member (group_id, profile_id)
SELECT g.id, p.id FROM profile p JOIN profile_group g ON g.name IN ('g2', 'g3', 'g4');
INSERT INTO suppression (application_id, channel, address, reason)
SELECT '{APPLICATION}', 'email', 's' || n || '@example.org', 'r' || n % 50
FROM generate_series(1, {MANY}) n;
INSERT INTO owner (id, application_id, kind, priority, next_at)
VALUES ('{OWNER}', '{APPLICATION}', 'notification', 'high', now());
INSERT INTO notification (id, application_id, owner_id, category_id, priority, profile_id, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at)
VALUES ('{OWNER}', '{APPLICATION}', '{OWNER}', '{APPLICATION}', 'high', '{PERSON}', '{{email}}',
    'all', 'hold', '{{}}', '{{}}', '{{}}', now(), now() + interval '1 day')
"""
VALUES: dict[str, Any] = {
    "application_id": APPLICATION,
    "external_id": "p4",
    "beyond": "p4\U0010ffff",
    "name": "no4711",
    "channels": "{email}",
    "addresses": "{p4711@example.org}",
    "group_id": GROUP,
    "after": None,
    "limit": 21,
    "id": PERSON,
    "channel": "email",
    "reason": "r7",
    "created_at": "2999-01-01",
    "profile_ids": f"{{{PERSON}}}",
    "external_ids": "{p4711}",
    "templates": "{}",
    "categories": "{}",
    "owner_id": OWNER,
    "call_deadline": "10 seconds",
    "rows": "[]",
    "usual_time_zone": USUAL_TIME_ZONE,
}
NAMES = tuple(FILTERS)
PAIRS = [()] + [(a,) for a in NAMES] + [(a, b) for i, a in enumerate(NAMES) for b in NAMES[i + 1 :]]
SUPPRESSED = [(), *((a,) for a in SUPPRESSION_FILTERS), ("reason", "after"), ("channel", "reason")]
STATEMENTS: dict[str, TextClause] = {
    **{f"profiles by {' and '.join(p)}": profile_search._page(p, following=False) for p in PAIRS},
    **{f"suppressions by {' and '.join(p)}": suppressions._page(p) for p in SUPPRESSED},
    "one": profiles.GET,
    "groups": groups.PAGE,
    "members": group_members.PAGE,
    "resolve": group_members.RESOLVE,
    "references": references.LOAD,
    "take": TAKE,
    "make": MAKE,
}


@pytest.fixture(scope="module")
async def people(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Many of them, as the API's connections see them."""
    engine = database.engine(database_url)
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        await raw.execute(FILL)
        await raw.execute("VACUUM ANALYZE")
        yield raw
    await engine.dispose()


async def plan(connection: asyncpg.Connection, statement: TextClause, mode: str) -> dict[str, Any]:
    """Of a prepared statement, for these values or for any."""
    await connection.execute(f"SET plan_cache_mode = force_{mode}_plan")
    sql = statement.text
    names = list(dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", sql)))
    for number, name in enumerate(names, 1):
        sql = re.sub(rf"(?<!:):{name}\b", f"${number}", sql)
    await connection.execute(f"PREPARE asked AS {sql}")
    values = ", ".join("NULL" if VALUES[n] is None else f"'{VALUES[n]}'" for n in names)
    transaction = connection.transaction()
    await transaction.start()
    try:
        found = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked({values})"
        )
        return found[0]["Plan"]
    finally:
        await transaction.rollback()
        await connection.execute("DEALLOCATE asked")


@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("name", STATEMENTS)
async def test_people_are_found_through_an_index(people, name, mode) -> None:
    found = list(nodes(await plan(people, STATEMENTS[name], mode)))

    whole = [
        node["Relation Name"]
        for node in found
        if node["Node Type"] == "Seq Scan" and rows_read(node) > MOST_ROWS
    ]
    assert whole == []


async def test_a_decision_looks_for_a_merged_one_only_without_a_contact(people) -> None:
    found = list(nodes(await plan(people, decisions.DECIDE, "generic")))

    merged = [node for node in found if node.get("Relation Name") == "profile"]
    assert merged
    assert sum(node["Actual Loops"] for node in merged) == 0
