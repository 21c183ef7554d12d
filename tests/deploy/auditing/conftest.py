"""One database, a fabricated notification or campaign in it, and the journals that go with it."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from fabricated_campaigns import FabricatedCampaign
from fabricated_ledgers import APPLICATION, LIVES, OWNER, Ledgers

OF_A_NOTIFICATION = (
    *("owner", "notification", "message", "attempt", "event", "suppression", "campaign"),
    *("notification_kind", "notification_listing", "notification_metadata"),
)


async def empty(connection: asyncpg.Connection, *tables: str) -> None:
    """With a few rows in it, TRUNCATE of a table with partitions takes a hundred times as long."""
    await connection.execute(";".join(f"DELETE FROM {table}" for table in tables))


@pytest.fixture
async def ledgers(database_url: str, tmp_path: Path) -> AsyncIterator[Ledgers]:
    connection = await asyncpg.connect(database_url)
    await empty(connection, *OF_A_NOTIFICATION)
    await connection.execute(
        "INSERT INTO owner (id, application_id, kind, priority, status, next_at)"
        " VALUES ($1, $2, 'notification', 'high', 'ended', now())",
        *(OWNER, APPLICATION),
    )
    await connection.execute(
        "INSERT INTO notification (id, application_id, owner_id, category_id, priority, addresses,"
        " channels, channel_mode, on_unknown, content, data, metadata, due_at, expires_at,"
        " ended_at, end_reason) VALUES ($1, $2, $1, $2, 'high', $3, '{email}', 'all', 'resend',"
        " '{}', '{}', $4, now(), now() + interval '1 hour', now(), 'done')",
        *(OWNER, APPLICATION, '{"email": "ada1@example.com"}', '{"order": "4711"}'),
    )
    made = Ledgers(database_url, tmp_path, connection)
    await made.list()
    for seq in LIVES:
        await made.write(seq)
    yield made
    await connection.close()


@pytest.fixture
async def campaign(database_url: str, tmp_path: Path) -> AsyncIterator[FabricatedCampaign]:
    connection = await asyncpg.connect(database_url)
    await empty(connection, *OF_A_NOTIFICATION, "vendor_account", "application", "audience_row")
    made = FabricatedCampaign(database_url, tmp_path, connection)
    await made.write()
    yield made
    await connection.close()
