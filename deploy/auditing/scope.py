"""One campaign alone: in this session the tables of the ledger have its rows and no others.

Temporary views stand before the tables of their names, so every check is written once, and holds
for all there is or for one campaign.
"""

from typing import Any
from uuid import UUID

import asyncpg

from models.errors import NotFound

OWNED = {
    "campaign": "id",
    "owner": "id",
    "notification": "owner_id",
    "message": "owner_id",
    "attempt": "owner_id",
    "event": "owner_id",
}
VIEW = "CREATE TEMP VIEW {table} AS SELECT * FROM {schema}.{table} WHERE {column} = '{id}'"
SCHEMA = "SELECT quote_ident(current_schema())"
THERE = "SELECT name, status, COALESCE(people, 0) AS people FROM campaign WHERE id = $1"


async def scope_to(connection: "asyncpg.Connection[Any]", id: UUID) -> dict[str, Any]:
    """Its name, status and people; NotFound if there is no such campaign."""
    row = await connection.fetchrow(THERE, id)
    if row is None:
        raise NotFound("no such campaign", field="campaign_id")
    schema = await connection.fetchval(SCHEMA)
    for table, column in OWNED.items():
        # Our own words, and an id: a view takes no parameters.
        await connection.execute(VIEW.format(table=table, schema=schema, column=column, id=id))
    return {"id": str(id), **dict(row)}
