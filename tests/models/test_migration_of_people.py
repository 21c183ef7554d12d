"""Going back before people, and forth again: nobody who is somebody is lost."""

from collections.abc import Callable
from typing import Any

import asyncpg
from alembic import command
from uuid_utils.compat import uuid7

from models import database
from models.migrate import config

APPLICATION, STAYS, GOES = uuid7(), uuid7(), uuid7()
PEOPLE = f"""
INSERT INTO application (id, name) VALUES ('{APPLICATION}', 'people');
INSERT INTO profile (id, application_id, external_id) VALUES ('{STAYS}', '{APPLICATION}', 'stays');
INSERT INTO profile (id, application_id, external_id, merged_into)
VALUES ('{GOES}', '{APPLICATION}', 'goes', '{STAYS}');
INSERT INTO suppression (application_id, channel, address, reason)
VALUES ('{APPLICATION}', 'email', 'ada@example.org', 'requested')
"""


async def migrate(url: str, move: Callable[..., None], revision: str) -> None:
    def run(connection: Any) -> None:
        configuration = config()
        configuration.attributes["connection"] = connection
        move(configuration, revision)

    engine = database.engine(url, pool=1)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


async def test_back_and_forth(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(PEOPLE)

    await migrate(database_url, command.downgrade, "0003")
    left = await connection.fetch("SELECT external_id FROM profile")
    await migrate(database_url, command.upgrade, "head")

    assert [row["external_id"] for row in left] == ["stays"]
    assert len(await connection.fetch("SELECT id FROM suppression")) == 1
    await connection.close()
