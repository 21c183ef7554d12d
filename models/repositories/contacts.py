"""Contacts of a profile that is locked: added, ranked, removed. Callers own the transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.errors import Conflict, NotFound
from models.profile_rows import MOST_CONTACTS, MOST_RANK
from models.sessions import Session

Row = Mapping[str, Any]

PUT = text("""
INSERT INTO contact (id, profile_id, channel, address, rank)
SELECT c.id, :profile_id, c.channel, c.address, c.rank
FROM json_to_recordset(CAST(:contacts AS json)) AS c (id uuid, channel text, address text, rank int)
""")
COUNT = text("SELECT count(*) FROM contact WHERE profile_id = :profile_id")
# Without a rank of its own it comes after the others of its channel.
ADD = text("""
INSERT INTO contact (id, profile_id, channel, address, rank)
VALUES (:id, :profile_id, :channel, :address, COALESCE(CAST(:rank AS int), LEAST(:most_rank,
    (SELECT COALESCE(max(rank) + 1, 0) FROM contact
     WHERE profile_id = :profile_id AND channel = :channel))))
""")
FIRST = text("""
SELECT id FROM contact
WHERE profile_id = :profile_id AND channel = :channel AND address = :address
""")
RANK = text("""
UPDATE contact SET rank = :rank WHERE id = :id AND profile_id = :profile_id RETURNING id
""")
# The others of its channel come after it, in the order they had.
RANK_FIRST = text("""
WITH first AS (
    SELECT channel FROM contact WHERE id = :id AND profile_id = :profile_id
), ordered AS (
    SELECT c.id, CAST(row_number() OVER (ORDER BY c.id <> :id, c.rank, c.id) AS int) - 1 AS rank
    FROM contact c JOIN first ON first.channel = c.channel WHERE c.profile_id = :profile_id
)
UPDATE contact c SET rank = ordered.rank FROM ordered WHERE c.id = ordered.id RETURNING c.id
""")
REMOVE = text("DELETE FROM contact WHERE id = :id AND profile_id = :profile_id RETURNING id")


async def put(session: Session, profile_id: UUID, contacts: list[dict[str, Any]]) -> None:
    """All the contacts of a new profile."""
    if contacts:
        rows = [each | {"id": str(uuid7())} for each in contacts]
        values = {"profile_id": profile_id, "contacts": orjson.dumps(rows).decode()}
        await session.execute(PUT, values)


async def add(session: Session, profile_id: UUID, contact: Row, rank: int | None) -> None:
    """One more; Conflict names the one that has the address, or the limit."""
    values = {"profile_id": profile_id, "channel": contact["channel"], "rank": rank}
    values |= {"address": contact["address"], "id": uuid7(), "most_rank": MOST_RANK}
    if (first := (await session.execute(FIRST, values)).scalar_one_or_none()) is not None:
        detail = f"contact {first} of the profile has this address"
        raise Conflict(detail, field="address", reason="contact_twice")
    if (await session.execute(COUNT, values)).scalar_one() >= MOST_CONTACTS:
        detail = f"the profile has {MOST_CONTACTS} contacts or more; remove one first"
        raise Conflict(detail, field="profile_id", limit=MOST_CONTACTS, reason="too_many_contacts")
    await session.execute(ADD, values)


async def rank(session: Session, profile_id: UUID, id: UUID, rank: int) -> None:
    """The lowest of a channel is told."""
    values = {"profile_id": profile_id, "id": id, "rank": rank}
    if (await session.execute(RANK, values)).scalar_one_or_none() is None:
        raise _not_there()


async def rank_first(session: Session, profile_id: UUID, id: UUID) -> None:
    """Of its channel the one that is told."""
    values = {"profile_id": profile_id, "id": id}
    if not (await session.execute(RANK_FIRST, values)).all():
        raise _not_there()


async def remove(session: Session, profile_id: UUID, id: UUID) -> None:
    """Nothing more is decided for it; what is queued already goes to it."""
    values = {"profile_id": profile_id, "id": id}
    if (await session.execute(REMOVE, values)).scalar_one_or_none() is None:
        raise _not_there()


def _not_there() -> NotFound:
    return NotFound("the profile has no such contact", field="contact_id")
