"""Notifications by set-based SQL: common and rare of everything, and pairs that never meet.

They are listed as the migration lists what was there before it.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from models import migrate

LISTS = migrate.MIGRATIONS / "versions" / "0003_lists.py"
# Every application: the one that is asked, and one whose rows lie between its own.
APPLICATIONS = """
INSERT INTO application (id, name) VALUES ($1::uuid, ($1::uuid)::text), ($2::uuid, ($2::uuid)::text)
"""
CATEGORIES = """
INSERT INTO category (id, application_id, name, priority, channels, expires_after)
SELECT gen_random_uuid(), a, 'category-' || n, 'medium', '{email}', interval '1 day'
FROM generate_series(0, 11) n, unnest(ARRAY[$1::uuid, $2::uuid]) a
"""
# 2,000 people; one of them gets a hundredth of all.
PEOPLE = """
INSERT INTO profile (id, application_id, external_id)
SELECT gen_random_uuid(), $1, 'person-' || n FROM generate_series(0, 1999) n
"""
GROUPS = """
WITH made AS (
    INSERT INTO profile_group (id, application_id, name)
    SELECT gen_random_uuid(), $1, name FROM unnest(ARRAY['all', 'few', 'idle', 'many']) name
    RETURNING id, name
), idle AS (
    INSERT INTO profile (id, application_id, external_id)
    SELECT gen_random_uuid(), $1, 'idle-' || n FROM generate_series(1, 3000) n RETURNING id
)
INSERT INTO group_member (group_id, profile_id)
SELECT made.id, p.id FROM made JOIN profile p ON p.application_id = $1 AND CASE made.name
    WHEN 'few' THEN p.external_id LIKE 'person-1__' WHEN 'many' THEN p.external_id LIKE 'person-%_'
    WHEN 'all' THEN p.external_id LIKE 'person-%' ELSE false END
UNION ALL SELECT made.id, idle.id FROM made, idle WHERE made.name IN ('idle', 'many')
"""
# `n` counts up with time. Even ones are `env=prod` and of high priority, odd ones `env=test` and of
# low: each half of all, and never together. One in 200 failed, all of them odd; the newest wait.
NOTIFICATIONS = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, profile_id, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at, created_at, ended_at,
    end_reason)
SELECT id, app, owner, category, priority, person, channels, 'all', 'hold', '{}', '{}', metadata,
    CASE WHEN left_over < 500 THEN now() + interval '1 day' ELSE at END,
    now() + interval '2 days', at, CASE WHEN left_over >= 1000 THEN at END,
    CASE WHEN left_over >= 1000 THEN 'done' END
FROM (
    SELECT n, $4 - n AS left_over, uuidv7(-back) AS id, now() - back AS at,
        CASE WHEN n % 11 = 0 THEN $2::uuid ELSE $1::uuid END AS app,
        o.id AS owner, c.id AS category,
        CASE WHEN n % 2 = 0 THEN 'high' ELSE 'low' END AS priority,
        p.id AS person,
        CASE WHEN n % 1000 = 7 THEN '{telegram}' WHEN n % 5 = 0 THEN '{sms,email}' ELSE '{email}'
            END::text[] AS channels,
        jsonb_build_object('env', CASE WHEN n % 2 = 0 THEN 'prod' ELSE 'test' END,
            'order', n::text) AS metadata
    FROM generate_series(0, $4 - 1) n
    JOIN unnest($3::uuid[]) WITH ORDINALITY AS o (id, place) ON o.place = 1 + n / 1000
    CROSS JOIN LATERAL (SELECT interval '30 days' * ($4 - n) / $4 AS back) b
    JOIN (SELECT id, application_id, row_number() OVER (PARTITION BY application_id
            ORDER BY name) - 1 AS k FROM category) c
        ON c.application_id = CASE WHEN n % 11 = 0 THEN $2::uuid ELSE $1::uuid END
        AND c.k = CASE WHEN n % 5000 = 17 THEN 11 ELSE n % 2 + n % 3 END
    LEFT JOIN profile p ON p.application_id = $1 AND p.external_id = CASE
        WHEN n % 100 = 3 THEN 'person-5' WHEN n % 3 = 0 THEN 'person-' || n % 2000 END
) rows
"""
MESSAGES = """
INSERT INTO message (owner_id, seq, notification_id, application_id, step, channel, address, phase,
    result, reason, next_at, expires_at)
SELECT owner_id, row_number() OVER (PARTITION BY owner_id ORDER BY id), id, application_id, 0,
    channels[1], 'a@example.com',
    CASE WHEN ended_at IS NULL THEN 'queued' ELSE 'ended' END,
    CASE WHEN ended_at IS NULL THEN NULL WHEN number % 200 = 1 THEN 'refused'
         WHEN number % 200 = 2 THEN 'suppressed' ELSE 'sent' END, 'because', due_at, expires_at
FROM (SELECT *, (metadata ->> 'order')::int AS number FROM notification) n
WHERE ended_at IS NOT NULL OR due_at < now() AND number % 2 = 0
"""


@dataclass(frozen=True)
class Listed:
    """What was made; `busy` is the person who gets a hundredth."""

    application_id: UUID
    other_id: UUID
    busy: UUID


async def fill(database_url: str, count: int) -> Listed:
    """So many notifications, of which the other application has an eleventh."""
    spec = importlib.util.spec_from_file_location("lists", Path(LISTS))
    lists = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lists)
    application_id, other_id = uuid7(), uuid7()
    owners = [uuid7() for _ in range(count // 1000 + 1)]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(APPLICATIONS, application_id, other_id)
        await connection.execute(CATEGORIES, application_id, other_id)
        await connection.execute(PEOPLE, application_id)
        await connection.execute(GROUPS, application_id)
        busy = await connection.fetchval("SELECT id FROM profile WHERE external_id = 'person-5'")
        await connection.execute(NOTIFICATIONS, application_id, other_id, owners, count)
        await connection.execute(MESSAGES)
        for statement in lists.BEFORE.split(";\n"):
            await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return Listed(application_id, other_id, busy)
