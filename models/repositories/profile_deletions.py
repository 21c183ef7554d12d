"""A profile is deleted: what is on its way to it is cancelled first, with that reason.

What was sent stays in the books, with the address it went to and an id that leads to nobody.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from models.errors import Conflict
from models.repositories import audit_log, profiles
from models.repositories.audit_log import Actor, Entry
from models.repositories.messages import MAY_HAVE_GONE
from models.repositories.profiles import Ref
from models.sessions import Session

WITHIN = timedelta(minutes=1)
REASON = "profile_deleted"

# As a caller's own cancellation does it, for all that has not ended.
CANCEL = text(f"""
WITH cancelled AS (
    UPDATE notification SET cancelled_at = now(), revision = revision + 1
    WHERE application_id = :application_id AND profile_id = :id
      AND ended_at IS NULL AND cancelled_at IS NULL
    RETURNING id, application_id, owner_id
), stopped AS (
    UPDATE message m SET phase = 'ended', reason = :reason, version = version + 1,
           result = CASE WHEN {MAY_HAVE_GONE} THEN 'unknown' ELSE 'cancelled' END
    FROM cancelled c
    WHERE m.owner_id = c.owner_id AND m.notification_id = c.id AND m.phase = 'queued'
    RETURNING m.owner_id, m.seq, m.version, m.application_id, m.notification_id,
        CASE m.result WHEN 'unknown' THEN 'held' ELSE m.result END AS kind
), told AS (
    INSERT INTO event
        (application_id, notification_id, owner_id, seq, version, kind, reason, actor_id)
    SELECT application_id, notification_id, owner_id, seq, version, kind, :reason,
           CAST(:actor_id AS uuid)
    FROM stopped
    UNION ALL
    SELECT application_id, id, owner_id, NULL, NULL, 'cancel_requested', :reason, :actor_id
    FROM cancelled
)
SELECT id, owner_id FROM cancelled
""")  # noqa: S608 - our own constant
# What has no message, and gets none from a decision under way, ends here and now: owners move with
# decisions, and with this. Its owner's workflow, woken or found overdue, ends what is left, and
# itself. Owners in the order of their ids, so that no two of these wait in a circle.
END = text("""
WITH taken AS MATERIALIZED (
    SELECT o.id, o.revision = seen.revision AS unmoved
    FROM owner o JOIN owner seen ON seen.id = o.id
    WHERE o.id = ANY(:owner_ids) AND o.status = 'running' ORDER BY o.id FOR UPDATE OF o
), ended AS (
    UPDATE notification n SET ended_at = now(), end_reason = 'cancelled'
    WHERE n.id = ANY(:ids) AND n.ended_at IS NULL
    AND (n.owner_id IS NULL OR n.owner_id IN (SELECT id FROM taken WHERE unmoved))
    AND NOT EXISTS (
        SELECT FROM message m WHERE m.owner_id = n.owner_id AND m.notification_id = n.id)
    RETURNING n.id, n.application_id, n.owner_id, n.kind
), listed AS (
    UPDATE notification_listing l SET status = 'cancelled' FROM ended
    WHERE l.kind = ended.kind AND l.status IN ('open', 'scheduled') AND l.id = ended.id
), told AS (
    INSERT INTO event (application_id, notification_id, owner_id, kind, reason)
    SELECT application_id, id, owner_id, 'ended', 'cancelled' FROM ended
), looked AS (
    UPDATE owner SET next_at = now(), revision = owner.revision + 1
    FROM taken WHERE owner.id = taken.id
    RETURNING owner.id, kind
)
SELECT (SELECT count(*) FROM notification n WHERE n.id = ANY(:ids) AND EXISTS (
           SELECT FROM message m WHERE m.owner_id = n.owner_id AND m.notification_id = n.id
           AND (m.phase IN ('sending', 'unknown') OR m.result IN ('sent', 'unknown')))
       ) AS under_way,
       ARRAY(SELECT kind || '/' || id FROM looked) AS workflow_ids
""")
DELETE = text("DELETE FROM profile WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was found on its way to it."""

    id: UUID
    stopped: int  # notifications of which nothing had gone
    under_way: int  # cancelled too, but of these something had been handed over, or may have been
    workflow_ids: list[str]  # to be woken


async def delete(session: Session, application_id: UUID, ref: Ref, by: Actor) -> Deleted:
    """Its contacts and memberships go with it, and what was merged into it.

    Conflict: it was itself merged into another, and only that one can be meant.
    """
    found = await profiles.find(session, application_id, ref)
    row = await profiles.locked(session, application_id, ref)
    if row["id"] != found["id"]:
        detail = f"it was merged into {row['id']}: delete that one"
        raise Conflict(detail, field="profile_id", reason="profile_merged")
    values = {"application_id": application_id, "id": row["id"], "reason": REASON}
    session.info["wrote"] = True
    cancelled = (await session.execute(CANCEL, values | {"actor_id": by.id}, within=WITHIN)).all()
    those = {
        "ids": [each.id for each in cancelled],
        "owner_ids": list({each.owner_id for each in cancelled if each.owner_id}),
    }
    ended = (await session.execute(END, those, within=WITHIN)).one()
    await session.execute(DELETE, values, within=WITHIN)
    stopped = len(cancelled) - ended.under_way
    facts = {"stopped": stopped, "under_way": ended.under_way}
    entry = Entry(by, "profile.delete", "profile", str(row["id"]), application_id, facts)
    await audit_log.append(session, entry)
    return Deleted(row["id"], stopped, ended.under_way, list(ended.workflow_ids))
