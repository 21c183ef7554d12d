"""0005 on a database with templates: what was published stays so, there and back again."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from alembic import command

from models import database
from models.migrate import config

NAME = "migrated_templates"
BEFORE = """
INSERT INTO application (id, name) VALUES (gen_random_uuid(), 'demo');
INSERT INTO template (id, application_id, name)
    SELECT gen_random_uuid(), id, n FROM application, unnest(ARRAY['twice', 'draft']) AS n;
INSERT INTO template_version (id, template_id, number, content, variables, published_at)
    SELECT gen_random_uuid(), t.id, n, '{}', '{}', CASE WHEN n < 3 AND name = 'twice' THEN now() END
    FROM template t, generate_series(1, 3) AS n
"""
PUBLISHED = """
SELECT t.name, t.publishes, v.number, ARRAY(
    SELECT p.n || ': ' || pv.number FROM template_publish p
    JOIN template_version pv ON pv.id = p.version_id WHERE p.template_id = t.id ORDER BY p.n) AS all
FROM template t LEFT JOIN template_version v ON v.id = t.published_version_id ORDER BY t.name
"""


@pytest.fixture
async def url(postgres_server: Any) -> AsyncIterator[str]:
    await postgres_server.execute(f"CREATE DATABASE {NAME}")
    yield postgres_server.url(NAME)
    await postgres_server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


async def migrate(url: str, revision: str) -> None:
    def run(connection: Any) -> None:
        configuration = config()
        configuration.attributes["connection"] = connection
        move = command.upgrade if revision > "0004" else command.downgrade
        move(configuration, revision)

    engine = database.engine(url, pool=1)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


async def test_what_was_published_stays_so(url: str) -> None:
    await migrate(url, "0005")
    await migrate(url, "0004")
    connection = await asyncpg.connect(url)
    await connection.execute(BEFORE)

    await migrate(url, "0005")

    rows = [tuple(row) for row in await connection.fetch(PUBLISHED)]
    assert rows == [("draft", 0, None, []), ("twice", 2, 2, ["1: 1", "2: 2"])]
    await migrate(url, "0004")
    kept = "SELECT count(*) FROM template_version WHERE published_at IS NOT NULL"
    assert await connection.fetchval(kept) == 2
    await connection.close()
