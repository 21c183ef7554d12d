"""Bringing a database to this build's schema, and making partitions ahead of time."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models import database
from models.repositories import partitions
from models.sessions import Sessions

MIGRATIONS = Path(__file__).parent / "migrations"
# Two processes that start at once: the second waits, then finds nothing to do.
LOCK = text("SELECT pg_advisory_xact_lock(7446905)")


def config() -> Config:
    """Alembic's configuration, without a file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    return configuration


@cache
def head() -> str:
    """The revision this build needs: to find it takes 8 ms, and it stays the same."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def _upgrade(connection: Connection) -> None:
    configuration = config()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


async def upgrade(url: str) -> None:
    """Migrate to head and make the coming days' partitions; safe to repeat, and at once."""
    engine = database.engine(url, pool=1, name="tidings migrate")
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            await connection.execute(LOCK)
            await connection.run_sync(_upgrade)
        async with Sessions(engine).begin() as session:
            await partitions.make_ahead(session)
    finally:
        await engine.dispose()
