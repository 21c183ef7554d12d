"""The audit log: who did what, append-only, each entry holding the hash of the one before.

An entry is written in the transaction that does what it tells; so there is none without the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import text

from models.sessions import Session

BEGINNING = bytes(32)  # what the first entry follows

# One writer at a time, until its transaction ends: a chain has one end. The lock is a statement of
# its own, or the next would not see what was committed while it waited.
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('audit_entry'))")

LAST = text("""
SELECT (SELECT number FROM audit_entry ORDER BY number DESC LIMIT 1) AS number,
       (SELECT hash FROM audit_entry ORDER BY number DESC LIMIT 1) AS hash,
       clock_timestamp() AS now
""")

INSERT = text("""
INSERT INTO audit_entry (number, at, application_id, actor_kind, actor_id, actor_name, action,
    subject_kind, subject_id, detail, previous, hash)
VALUES (:number, :at, :application_id, :actor_kind, :actor_id, :actor_name, :action,
    :subject_kind, :subject_id, CAST(:detail AS json), :previous, :hash)
""")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and their name.

    A key (its owner), a member of the staff (their email), the `tidings` command (the operating
    system's user), or we ourselves.
    """

    kind: Literal["key", "staff", "cli", "system"]
    id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done, to what: `action` is `noun.verb`, the subject a kind and an id.

    `detail` says what changed: small, no secrets, nothing personal but ids.
    """

    actor: Actor
    action: str
    subject_kind: str
    subject_id: str
    application_id: UUID | None = None  # None: of the whole platform
    detail: Mapping[str, Any] = field(default_factory=dict)


async def append(session: Session, entry: Entry) -> int:
    """Add it at the end, in the session's transaction; gives its number, from 1, without gaps."""
    await session.execute(LOCK)
    last = (await session.execute(LAST)).one()
    values = {
        "number": (last.number or 0) + 1,
        "at": last.now,
        "application_id": entry.application_id,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "action": entry.action,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "detail": orjson.dumps(dict(entry.detail), option=orjson.OPT_SORT_KEYS).decode(),
    }
    previous = bytes(last.hash) if last.hash else BEGINNING
    hash = digest(previous, values)
    await session.execute(INSERT, values | {"previous": previous, "hash": hash})
    return int(values["number"])


def digest(previous: bytes, values: Mapping[str, Any]) -> bytes:
    """The hash of an entry: of the hash before it and of all that it says.

    `detail` is its JSON as it is stored: read it as text.
    """
    at: datetime = values["at"]
    said = [
        values["number"],
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        *(
            None if values[name] is None else str(values[name])
            for name in (
                "application_id",
                "actor_kind",
                "actor_id",
                "actor_name",
                "action",
                "subject_kind",
                "subject_id",
                "detail",
            )
        ),
    ]
    return sha256(previous + orjson.dumps(said)).digest()
