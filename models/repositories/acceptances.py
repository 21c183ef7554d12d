"""Writing accepted notifications: with their owners, starts and first events, in one statement.

One is a list of one. Callers own the transaction: whatever crashes after its COMMIT, the relay
finds the start row.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from models.acceptance import Accepted
from models.listing import kind_of, pairs_of
from models.sessions import Session
from models.workflow_start import WorkflowStart

# The database's clock says when it is due; a start that waits to share a workflow has no owner yet.
ACCEPT = text("""
WITH asked AS (
    SELECT *, COALESCE(send_at, now()) AS due_at,
           CASE WHEN expires_in IS NOT NULL THEN now() + expires_in * interval '1 second'
                ELSE COALESCE(send_at, now()) + expires_after * interval '1 second'
           END AS expires_at
    FROM json_to_recordset(CAST(:rows AS json)) AS r (
        id uuid, owner_id uuid, category_id uuid, priority text, profile_id uuid, addresses jsonb,
        locale text, time_zone text, channels text[], channel_mode text, on_unknown text,
        template_version_id uuid, content jsonb, data jsonb, metadata jsonb, send_at timestamptz,
        expires_in float8, expires_after float8, kind bigint, pairs bigint[], resend_of uuid)
), notifications AS (
    INSERT INTO notification (id, application_id, owner_id, category_id, priority, profile_id,
        addresses, locale, time_zone, channels, channel_mode, on_unknown, template_version_id,
        content, data, metadata, due_at, expires_at, kind, resend_of)
    SELECT id, :application_id, owner_id, category_id, priority, profile_id,
        addresses, locale, time_zone, channels, channel_mode, on_unknown, template_version_id,
        content, data, metadata, due_at, expires_at, kind, resend_of
    FROM asked
), kinds AS (
    INSERT INTO notification_kind (id, application_id, category_id, priority, channels)
    SELECT DISTINCT ON (kind) kind, CAST(:application_id AS uuid), category_id, priority, channels
    FROM asked ORDER BY kind ON CONFLICT DO NOTHING
), listings AS (
    INSERT INTO notification_listing (kind, status, id)
    SELECT kind, CASE WHEN due_at > now() THEN 'scheduled' ELSE 'open' END, id FROM asked
), pairs AS (
    INSERT INTO notification_metadata (pair, kind, notification_id)
    SELECT pair, kind, id FROM asked, unnest(pairs) AS pair
), events AS (
    INSERT INTO event (application_id, notification_id, owner_id, kind)
    SELECT :application_id, id, owner_id, 'accepted' FROM asked
), owners AS (
    INSERT INTO owner (id, application_id, kind, priority, next_at)
    SELECT owner_id, :application_id, :kind, min(priority), min(due_at)
    FROM asked WHERE owner_id IS NOT NULL GROUP BY owner_id
), starts AS (
    INSERT INTO workflow_start
        (id, kind, application_id, priority, category_id, channels, size, due_at)
    SELECT COALESCE(owner_id, id), CASE WHEN owner_id IS NULL THEN 'shared' ELSE :kind END,
        :application_id, min(priority),
        CASE WHEN count(DISTINCT category_id) = 1 THEN (array_agg(category_id))[1] END,
        array_agg(DISTINCT channel), count(DISTINCT id), min(due_at)
    FROM asked, unnest(channels) AS channel GROUP BY COALESCE(owner_id, id), owner_id
)
SELECT id, due_at, expires_at FROM asked
""")

DEDUPED = text("""
SELECT key, notification_id, fingerprint FROM dedupe_key
WHERE application_id = :application_id AND key = ANY(:keys) AND expires_at > now()
""")

# In key order, so that two batches with the same keys cannot wait for each other in a circle.
DEDUPE = text("""
INSERT INTO dedupe_key (application_id, key, notification_id, fingerprint, expires_at)
SELECT :application_id, r.key, r.id, r.fingerprint, now() + interval '7 days'
FROM unnest(CAST(:keys AS text[]), CAST(:ids AS uuid[]), CAST(:fingerprints AS bytea[]))
     AS r (key, id, fingerprint) ORDER BY r.key
ON CONFLICT (application_id, key) DO UPDATE
SET notification_id = excluded.notification_id, fingerprint = excluded.fingerprint,
    expires_at = excluded.expires_at
WHERE dedupe_key.expires_at <= now()
RETURNING key
""")


@dataclass(frozen=True, slots=True)
class New:
    """A notification to write. `owner_id` None: it shares a workflow, whose owner comes later."""

    id: UUID
    owner_id: UUID | None
    accepted: Accepted
    resend_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The times the database gave it."""

    due_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Deduped:
    """The notification that a dedupe key stands for."""

    notification_id: UUID
    fingerprint: bytes


async def write(
    session: Session, application_id: UUID, news: Sequence[New], *, kind: str
) -> dict[UUID, Written]:
    """Write them all, each with the start of its owner's workflow (`kind`: notification, batch)."""
    rows = [_row(application_id, new) for new in news]
    values = {
        "application_id": application_id,
        "kind": kind,
        "rows": orjson.dumps(rows, default=_json).decode(),
    }
    session.info["wrote"] = True  # from here on a lost answer leaves it open
    session.info["accepted"] = Counter(new.accepted.priority for new in news)
    result = await session.execute(ACCEPT, values)
    return {row.id: Written(row.due_at, row.expires_at) for row in result}


async def deduped(
    session: Session, application_id: UUID, keys: Sequence[str]
) -> dict[str, Deduped]:
    """Which of these dedupe keys are taken, and by what."""
    if not keys:
        return {}
    rows = await session.execute(DEDUPED, {"application_id": application_id, "keys": list(keys)})
    return {row.key: Deduped(row.notification_id, bytes(row.fingerprint)) for row in rows}


async def dedupe(session: Session, application_id: UUID, keys: dict[str, Deduped]) -> set[str]:
    """Take these keys; the ones returned are ours, the others somebody took meanwhile."""
    if not keys:
        return set()
    values: dict[str, Any] = {
        "application_id": application_id,
        "keys": list(keys),
        "ids": [key.notification_id for key in keys.values()],
        "fingerprints": [key.fingerprint for key in keys.values()],
    }
    return set((await session.execute(DEDUPE, values)).scalars())


def start_of(
    application_id: UUID, owner_id: UUID, news: Sequence[New], due_at: datetime, *, kind: str
) -> WorkflowStart:
    """The start row just written, for whoever starts it at once."""
    categories = {n.accepted.category_id for n in news}
    return WorkflowStart(
        owner_id=owner_id,
        application_id=application_id,
        priority=news[0].accepted.priority,
        due_at=due_at,
        kind=kind,
        category=str(categories.pop()) if len(categories) == 1 else "",
        channels=tuple(sorted({c for n in news for c in n.accepted.channels})),
        size=len(news),
    )


def _row(application_id: UUID, new: New) -> dict[str, Any]:
    accepted = new.accepted
    return _shallow(accepted) | {
        "id": new.id,
        "owner_id": new.owner_id,
        "kind": kind_of(application_id, accepted.category_id, accepted.priority, accepted.channels),
        "pairs": pairs_of(application_id, accepted.metadata),
        "resend_of": new.resend_of,
    }


def _shallow(accepted: Accepted) -> dict[str, Any]:
    """Not `asdict`, which copies all data."""
    return {field.name: getattr(accepted, field.name) for field in fields(accepted)}


def _json(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (tuple, frozenset)):
        return list(value)
    return dict(value)  # type: ignore[call-overload]
