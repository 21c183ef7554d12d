"""Reading the audit log: a page of it by filters, and the walk that says whether it is whole."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.repositories.audit_log import BEGINNING, digest
from models.sessions import Session

Row = dict[str, Any]

AT_ONCE = 1000

COLUMNS = """
number, at, application_id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id
"""

# The newest first. NULL: whatever it is.
PAGE = text(f"""
SELECT {COLUMNS}, detail FROM audit_entry
WHERE (CAST(:application_id AS uuid) IS NULL OR application_id = :application_id)
  AND (CAST(:before AS bigint) IS NULL OR number < :before)
  AND (CAST(:actor_id AS uuid) IS NULL OR actor_id = :actor_id)
  AND (CAST(:actor AS text) IS NULL OR actor_name = :actor)
  AND (CAST(:action AS text) IS NULL OR action = :action)
  AND (CAST(:subject_kind AS text) IS NULL OR subject_kind = :subject_kind)
  AND (CAST(:subject_id AS text) IS NULL OR subject_id = :subject_id)
  AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit
""")  # noqa: S608 - our own constant

# The hash is of the very text of `detail`.
WALK = text(f"""
SELECT {COLUMNS}, CAST(detail AS text) AS detail, previous, hash
FROM audit_entry WHERE number > :after ORDER BY number LIMIT {AT_ONCE}
""")  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class Filters:
    """What entries are wanted; None: whatever it is."""

    application_id: UUID | None = None
    actor_id: UUID | None = None
    actor: str | None = None  # by name
    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: of a chain without entries number 0 and what the first one follows."""

    number: int = 0
    hash: bytes = BEGINNING


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the chain holds; `broken`: the first number at which it does not, and why."""

    head: Head
    broken: int | None = None
    why: str = ""


async def page(session: Session, filters: Filters, before: int | None, limit: int) -> list[Row]:
    """Entries before that number, the newest first."""
    values = {name: getattr(filters, name) for name in Filters.__slots__}
    rows = await session.execute(PAGE, values | {"before": before, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def verify(session: Session, expected: Head | None = None) -> Verified:
    """Walk the whole chain, a thousand entries at a time.

    `expected`: an entry that was written down before. Without it a missing end is not seen.
    """
    head = Head()
    async for row in _walk(session):
        if why := _doubt(head, row):
            return Verified(head, head.number + 1, why)
        head = Head(row["number"], bytes(row["hash"]))
        if expected and expected.number == head.number and expected.hash != head.hash:
            return Verified(head, head.number, "its hash is not the one that was expected")
    if expected and expected.number > head.number:
        return Verified(head, head.number + 1, f"missing: {expected.number} was there before")
    return Verified(head)


def _doubt(head: Head, row: Row) -> str:
    if row["number"] != head.number + 1:
        return "missing"
    if bytes(row["previous"]) != head.hash:
        return "it does not follow the entry before it"
    if bytes(row["hash"]) != digest(head.hash, row):
        return "it does not say what its hash is of"
    return ""


async def _walk(session: Session) -> AsyncIterator[Row]:
    after = 0
    while rows := (await session.execute(WALK, {"after": after})).mappings().all():
        for row in rows:
            yield dict(row)
        after = rows[-1]["number"]
