"""Editing a notification that is not yet due. PostgreSQL decides who is first: an edit or its time.

Its listing is what both need: `decide` moves it from `scheduled`, an edit takes it away and writes
another; whoever comes second finds nothing and does nothing. Locks are taken in the pipeline's
order: start row, notification, owner, listing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping as Row
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.acceptance import Accepted
from models.listing import kind_of, pairs_of
from models.sessions import Session
from models.workflow_start import WorkflowStart

VERSION = text("SELECT variables, types FROM template_version WHERE id = :id")

LOCK_STARTS = text("""
SELECT id FROM workflow_start WHERE id IN (:id, CAST(:owner_id AS uuid)) ORDER BY id FOR UPDATE
""")

LOCK = text("""
SELECT id FROM notification
WHERE id = :id AND application_id = :application_id AND revision = :revision
  AND ended_at IS NULL AND cancelled_at IS NULL AND due_at > clock_timestamp()
FOR UPDATE
""")

LOCK_OWNER = text("""
SELECT id FROM owner WHERE id = (SELECT owner_id FROM notification WHERE id = :id)
FOR NO KEY UPDATE
""")

# Without a new life it keeps the one it has, from whenever it is due.
EDIT = text("""
UPDATE notification n SET
    priority = :priority, channels = :channels, template_version_id = :template_version_id,
    content = CAST(:content AS jsonb), data = CAST(:data AS jsonb),
    metadata = CAST(:metadata AS jsonb), kind = :kind,
    due_at = GREATEST(COALESCE(CAST(:send_at AS timestamptz), n.due_at), now()),
    expires_at = CASE WHEN CAST(:expires_in AS float8) IS NULL
        THEN n.expires_at - n.due_at
             + GREATEST(COALESCE(CAST(:send_at AS timestamptz), n.due_at), now())
        ELSE now() + CAST(:expires_in AS float8) * interval '1 second' END,
    revision = revision + 1
WHERE n.id = :id
RETURNING n.owner_id, n.due_at
""")

UNLIST = text("""
WITH gone AS (
    DELETE FROM notification_metadata
    WHERE pair = ANY(:old_pairs) AND kind = :old_kind AND notification_id = :id
)
DELETE FROM notification_listing
WHERE kind = :old_kind AND status = 'scheduled' AND id = :id RETURNING id
""")

# A batch starts for the earliest of many, one by itself at its own time. The owner is overdue until
# its workflow has looked: were its signal lost, the reconciler would wake it.
LIST = text("""
WITH kinds AS (
    INSERT INTO notification_kind (id, application_id, category_id, priority, channels)
    VALUES (:kind, :application_id, :category_id, :priority, :channels) ON CONFLICT DO NOTHING
), listed AS (
    INSERT INTO notification_listing (kind, status, id) VALUES (:kind, 'scheduled', :id)
), pairs AS (
    INSERT INTO notification_metadata (pair, kind, notification_id)
    SELECT pair, :kind, :id FROM unnest(CAST(:pairs AS bigint[])) AS pair
), told AS (
    INSERT INTO event (application_id, notification_id, owner_id, kind, reason, actor_id)
    VALUES (:application_id, :id, CAST(:owner_id AS uuid), 'edited', :changed, :actor_id)
), starts AS (
    UPDATE workflow_start SET
        due_at = CASE kind WHEN 'batch' THEN LEAST(due_at, :due_at) ELSE :due_at END,
        channels = CASE kind WHEN 'batch' THEN channels ELSE :channels END,
        priority = CASE kind WHEN 'shared' THEN :priority ELSE priority END
    WHERE id IN (:id, CAST(:owner_id AS uuid))
)
UPDATE owner SET next_at = LEAST(next_at, now() - interval '1 day')
WHERE id = CAST(:owner_id AS uuid) AND status = 'running'
""")

# A workflow stays in its queue: another priority is another workflow. The one that is left finds
# that it has nothing to do.
MOVE = text("""
WITH moved AS (
    UPDATE notification SET owner_id = :new_id WHERE id = :id
), owned AS (
    INSERT INTO owner (id, application_id, kind, priority, next_at)
    VALUES (:new_id, :application_id, 'batch', :priority, :due_at)
)
INSERT INTO workflow_start (id, kind, application_id, priority, category_id, channels, due_at)
VALUES (:new_id, 'batch', :application_id, :priority, :category_id, :channels, :due_at)
""")


@dataclass(frozen=True, slots=True)
class Edited:
    """What was changed. `start`: a workflow that must be started, because it has another queue."""

    owner_id: UUID | None
    start: WorkflowStart | None


async def version(session: Session, id: UUID) -> Row:
    """The variables of a template's version, and their types."""
    return (await session.execute(VERSION, {"id": id})).mappings().one()


async def edit(
    session: Session, row: Row, accepted: Accepted, changed: Collection[str], actor_id: UUID
) -> Edited | None:
    """Make it so; None if it was due, had ended, or was edited by somebody else meanwhile.

    After None the transaction must not be committed.
    """
    application_id = row["application_id"]
    kind = kind_of(application_id, accepted.category_id, accepted.priority, accepted.channels)
    values = {
        "id": row["id"],
        "application_id": application_id,
        "owner_id": row["owner_id"],
        "revision": row["revision"],
        "category_id": accepted.category_id,
        "priority": accepted.priority,
        "channels": list(accepted.channels),
        "template_version_id": accepted.template_version_id,
        "content": _json(accepted.content),
        "data": _json(accepted.data),
        "metadata": _json(accepted.metadata),
        "send_at": accepted.send_at if "send_at" in changed else None,
        "expires_in": accepted.expires_in,
        "kind": kind,
        "pairs": pairs_of(application_id, accepted.metadata),
        "old_kind": row["kind"],
        "old_pairs": pairs_of(application_id, row["metadata"]),
        "changed": " ".join(sorted(changed)),
        "actor_id": actor_id,
    }
    session.info["wrote"] = True  # from here on a lost answer leaves it open
    await session.execute(LOCK_STARTS, values)
    if not (await session.execute(LOCK, values)).all():
        return None
    await session.execute(LOCK_OWNER, values)
    if not (await session.execute(UNLIST, values)).all():
        return None
    found = (await session.execute(EDIT, values)).one()
    values |= {"owner_id": found.owner_id, "due_at": found.due_at}
    await session.execute(LIST, values)
    if found.owner_id is None or accepted.priority == row["priority"]:
        return Edited(found.owner_id, None)
    return Edited(found.owner_id, await _moved(session, values))


async def _moved(session: Session, values: Mapping[str, Any]) -> WorkflowStart:
    new_id, due_at = uuid7(), values["due_at"]
    await session.execute(MOVE, {**values, "new_id": new_id})
    assert isinstance(due_at, datetime)  # noqa: S101 - the row's own
    return WorkflowStart(
        owner_id=new_id,
        application_id=values["application_id"],
        priority=values["priority"],
        due_at=due_at,
        kind="batch",
        category=str(values["category_id"]),
        channels=tuple(values["channels"]),
    )


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(dict(value)).decode()
