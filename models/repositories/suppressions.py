"""Suppressions as rows: addresses that nothing is sent to, and why. Callers own the transaction.

Vendors' refusals add their own beside these (outcomes.py); whoever lifts one, lifts it whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from uuid_utils.compat import uuid7

from models.errors import NotFound
from models.repositories import audit_log
from models.repositories.audit_log import Actor, Entry
from models.sessions import Session

Row = Mapping[str, Any]

COLUMNS = "id, channel, address, reason, note, created_by, created_at"
INSERT = text(f"""
INSERT INTO suppression (id, application_id, channel, address, reason, note, created_by)
VALUES (:id, :application_id, :channel, :address, :reason, :note, :created_by)
ON CONFLICT (application_id, channel, address) DO NOTHING RETURNING {COLUMNS}
""")  # noqa: S608 - our own constant
OF_ADDRESS = text(f"""
SELECT {COLUMNS} FROM suppression
WHERE application_id = :application_id AND channel = :channel AND address = :address
""")  # noqa: S608
GET = text(f"""
SELECT {COLUMNS} FROM suppression WHERE application_id = :application_id AND id = :id
""")  # noqa: S608
LIFT = text(f"""
DELETE FROM suppression WHERE application_id = :application_id AND id = :id RETURNING {COLUMNS}
""")  # noqa: S608
FILTERS = {
    "channel": "AND channel = :channel",
    "reason": "AND reason = :reason",
    "addresses": """
AND (channel, address) IN (
    SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:addresses AS text[])))
""",
    "after": "AND (created_at, id) < (:created_at, :id)",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None: whatever it is. `addresses`: channels, and the address on each."""

    channel: str | None = None
    reason: str | None = None
    addresses: Mapping[str, str] | None = None


async def page(
    session: Session,
    application_id: UUID,
    search: Search,
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Row]:
    """The newest first."""
    values: dict[str, Any] = {
        "application_id": application_id,
        "channel": search.channel,
        "reason": search.reason,
        "channels": list(search.addresses or ()),
        "addresses": list((search.addresses or {}).values()),
        "limit": limit,
    }
    given = [name for name in FILTERS if getattr(search, name, None) is not None]
    if after:
        given.append("after")
        values |= {"created_at": datetime.fromisoformat(after[0]), "id": UUID(after[1])}
    rows = await session.execute(_page(tuple(given)), values)
    return [dict(row) for row in rows.mappings()]


def position(row: Row) -> Sequence[str]:
    """Where the next page begins."""
    return [row["created_at"].isoformat(), str(row["id"])]


async def add(
    session: Session, application_id: UUID, channel: str, address: str, more: Row, by: Actor
) -> tuple[Row, bool]:
    """The suppression, and whether it is new: one that is there already stays as it is."""
    values = {"application_id": application_id, "channel": channel, "address": address}
    new = {"id": uuid7(), "reason": more["reason"], "note": more["note"], "created_by": by.name}
    while True:
        made = (await session.execute(INSERT, values | new)).mappings().one_or_none()
        if made:
            await _note(session, application_id, dict(made), "suppression.add", by)
            return dict(made), True
        there = (await session.execute(OF_ADDRESS, values)).mappings().one_or_none()
        if there:  # else it was lifted in between
            return dict(there), False


async def get(session: Session, application_id: UUID, id: UUID) -> Row:
    """One; NotFound if it is not the application's."""
    return await _one(session, GET, application_id, id)


async def lift(session: Session, application_id: UUID, id: UUID, by: Actor) -> Row:
    """What is decided from now on may go there; the row as it was."""
    row = await _one(session, LIFT, application_id, id)
    await _note(session, application_id, row, "suppression.lift", by)
    return row


async def _one(session: Session, statement: TextClause, application_id: UUID, id: UUID) -> Row:
    values = {"application_id": application_id, "id": id}
    row = (await session.execute(statement, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such suppression", field="suppression_id")
    return dict(row)


async def _note(session: Session, application_id: UUID, row: Row, action: str, by: Actor) -> None:
    session.info["wrote"] = True
    facts = {"channel": row["channel"], "reason": row["reason"], "since": row["created_at"]}
    entry = Entry(by, action, "suppression", str(row["id"]), application_id, facts)
    await audit_log.append(session, entry)


@cache
def _page(given: tuple[str, ...]) -> TextClause:
    """One statement for each set of filters, so that each keeps its plan."""
    filters = " ".join(FILTERS[name] for name in given)
    return text(f"""
SELECT {COLUMNS} FROM suppression WHERE application_id = :application_id {filters}
ORDER BY created_at DESC, id DESC LIMIT :limit
""")  # noqa: S608 - our own constants
