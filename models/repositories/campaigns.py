"""Campaigns as rows: made, read, edited, and moved from status to status.

Callers own the transaction. A move locks the campaign, asks the pure machine, and writes its event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from models.campaign import ENDED, SUBMITTED, CampaignMove, CampaignStatus, moved
from models.errors import Conflict, NotFound
from models.sessions import Session

Row = Mapping[str, Any]

# What an approval is bound to; the rest may change at any time.
BOUND = ("channel", "category_id", "template_version_id", "content", "data", "audience",
         "send_at", "off_hours", "expires_in", "canary")  # fmt: skip
# As callers know them.
SAID = {"category_id": "category", "template_version_id": "template"}
JSON = ("content", "data", "audience", "canary", "metadata", "problems")

COLUMNS = """
    c.*, cat.name AS category, cat.priority, t.name AS template,
    o.content_hash IS NOT DISTINCT FROM o.approved_hash AND o.approved_hash IS NOT NULL AS approved,
    ARRAY(SELECT json_build_object('approver', a.approver, 'decision', a.decision, 'reason',
        a.reason, 'via', a.via, 'at', a.at) FROM campaign_approval a
        WHERE a.campaign_id = c.id AND a.hash = c.content_hash ORDER BY a.at) AS approvals
"""
FROM = """
    campaign c JOIN category cat ON cat.id = c.category_id JOIN owner o ON o.id = c.id
    LEFT JOIN template_version v ON v.id = c.template_version_id
    LEFT JOIN template t ON t.id = v.template_id
"""
# Nobody drives a draft: its owner has no workflow until it is submitted.
INSERT = text("""
WITH owned AS (
    INSERT INTO owner (id, application_id, kind, priority, status, next_at)
    SELECT :id, :application_id, 'campaign', priority, 'draft', 'infinity'
    FROM category WHERE id = :category_id
)
INSERT INTO campaign (id, application_id, name, channel, category_id, template_version_id, content,
    data, audience, send_at, off_hours, per_second, expires_in, canary, approval_within, metadata,
    authors, created_by, copy_of)
VALUES (:id, :application_id, :name, :channel, :category_id, :template_version_id,
    CAST(:content AS jsonb), CAST(:data AS jsonb), CAST(:audience AS jsonb), :send_at, :off_hours,
    :per_second, :expires_in, CAST(:canary AS jsonb), :approval_within, CAST(:metadata AS jsonb),
    ARRAY[CAST(:created_by AS text)], :created_by, :copy_of)
""")
GET = text(f"SELECT {COLUMNS} FROM {FROM} WHERE c.id = :id AND c.application_id = :application_id")  # noqa: S608
LOCKED = text("""
SELECT c.* FROM campaign c WHERE c.id = :id AND c.application_id = :application_id FOR UPDATE
""")
READ = text("SELECT * FROM campaign WHERE id = :id")
LOCKED_BY_ID = text("SELECT * FROM campaign WHERE id = :id FOR UPDATE")
PAGE = text(f"""
SELECT {COLUMNS} FROM {FROM}
WHERE c.application_id = :application_id AND (CAST(:after AS uuid) IS NULL OR c.id < :after)
  AND (CAST(:status AS text) IS NULL OR c.status = :status)
  AND (c.archived_at IS NULL OR :archived)
ORDER BY c.id DESC LIMIT :limit
""")  # noqa: S608 - our own constants
OWNER_STATUS = """
CASE WHEN :status IN ('draft', 'invalid', 'rejected', 'lapsed') THEN 'draft'
     WHEN :status = 'paused' THEN 'paused'
     WHEN :status IN ('completed', 'cancelled') THEN 'ended' ELSE 'running' END
"""
MOVE = text(f"""
WITH campaigns AS (
    UPDATE campaign SET status = :status, reason = :reason,
        submitted_at = CASE WHEN :move = 'submitted' THEN now() ELSE submitted_at END,
        submitted_by = CASE WHEN :move = 'submitted' THEN :by ELSE submitted_by END,
        authors = CASE WHEN :move IN ('submitted', 'edited') AND NOT :by = ANY(authors)
                  THEN authors || CAST(:by AS text) ELSE authors END,
        revision = revision + CASE WHEN :move IN ('submitted', 'edited') THEN 1 ELSE 0 END,
        content_hash = CASE WHEN :move IN ('submitted', 'edited') THEN NULL ELSE content_hash END,
        approved_at = CASE WHEN :move = 'approved' THEN now()
                      WHEN :move IN ('submitted', 'edited') THEN NULL ELSE approved_at END,
        reminded_at = CASE WHEN :move IN ('submitted', 'edited') THEN NULL ELSE reminded_at END,
        started_at = CASE WHEN :move = 'started' THEN now() ELSE started_at END,
        ended_at = CASE WHEN :move IN ('completed', 'cancelled') THEN now() END,
        archived_at = CASE WHEN :move = 'submitted' THEN NULL ELSE archived_at END,
        canary_passed_at = CASE WHEN :move = 'resumed' AND reason = 'canary_failed' THEN now()
                           ELSE canary_passed_at END
    WHERE id = :id
), owners AS (
    UPDATE owner SET status = {OWNER_STATUS}, next_at = now(),
        ended_at = CASE WHEN :move IN ('completed', 'cancelled') THEN now() END,
        content_hash = CASE WHEN :move IN ('submitted', 'edited') THEN NULL ELSE content_hash END,
        approved_hash = CASE WHEN :move = 'approved' THEN content_hash
                        WHEN :move IN ('submitted', 'edited') THEN NULL ELSE approved_hash END
    WHERE id = :id
)
INSERT INTO event (application_id, owner_id, kind, reason, actor_id, detail)
SELECT application_id, id, :move, NULLIF(:reason, ''), :actor_id, CAST(:detail AS jsonb)
FROM campaign WHERE id = :id
""")  # noqa: S608 - our own constant
# What the old rate made it wait for is not waited for any more.
RATE_ANEW = text("""
UPDATE campaign_rate r SET next_at = LEAST(r.next_at, clock_timestamp()
    + interval '1 second' * GREATEST(1, 1 / c.per_second))
FROM campaign c WHERE c.id = :id AND r.owner_id = c.id
""")
# From its submission on, as before; and who is reminded knows of the new time.
LAPSES_ANEW = text("""
UPDATE campaign SET lapses_at = lapses_at + (approval_within - CAST(:before AS interval)),
    reminded_at = NULL
WHERE id = :id AND status = 'pending_approval'
""")
NOTE = text("""
INSERT INTO event (application_id, owner_id, kind, reason, actor_id, detail)
SELECT application_id, id, :kind, :reason, :actor_id, CAST(:detail AS jsonb)
FROM campaign WHERE id = :id
""")
ARCHIVE = text("UPDATE campaign SET archived_at = COALESCE(archived_at, now()) WHERE id = :id")
START = text("""
INSERT INTO workflow_start (id, kind, application_id, priority, category_id, channels, size, due_at)
SELECT id, 'campaign', application_id, 'low', category_id, ARRAY[channel], 1, now()
FROM campaign WHERE id = :id
ON CONFLICT (id) DO NOTHING
""")
EVENTS = text("""
SELECT id, at, kind, reason, actor_id, detail FROM event
WHERE owner_id = :id AND notification_id IS NULL AND seq IS NULL AND id > :after
  AND kind NOT IN ('window_claimed', 'window_recorded')
ORDER BY id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a key's owner and the key; the platform itself has no key."""

    owner: str = "tidings"
    key_id: UUID | None = None


async def insert(session: Session, id: UUID, application_id: UUID, values: Row, by: By) -> None:
    """Write a draft. `values` has the columns that a caller may set."""
    row = {**values, "id": id, "application_id": application_id, "created_by": by.owner}
    await session.execute(INSERT, {"copy_of": None} | _encoded(row))
    await note(session, id, "created", by)


async def get(session: Session, application_id: UUID, id: UUID) -> Row:
    """One with its approvals; NotFound if it is not the application's."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such campaign", field="campaign_id")
    return dict(row)


async def lock(session: Session, application_id: UUID, id: UUID) -> Row:
    """Nobody else moves or edits it until the transaction ends."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(LOCKED, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such campaign", field="campaign_id")
    return dict(row)


async def locked_by_id(session: Session, id: UUID) -> Row | None:
    """For the workflow, which knows its campaign by its id alone."""
    row = (await session.execute(LOCKED_BY_ID, {"id": id})).mappings().one_or_none()
    return dict(row) if row else None


async def read(session: Session, id: UUID) -> Row:
    """The same, without the lock."""
    return dict((await session.execute(READ, {"id": id})).mappings().one())


async def page(
    session: Session,
    application_id: UUID,
    *,
    status: str | None,
    after: UUID | None,
    limit: int,
    archived: bool,
) -> list[Row]:
    """The newest first."""
    values = {"application_id": application_id, "status": status, "after": after, "limit": limit}
    rows = await session.execute(PAGE, values | {"archived": archived})
    return [dict(row) for row in rows.mappings()]


async def move(
    session: Session,
    campaign: Row,
    what: CampaignMove,
    by: By,
    *,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> CampaignStatus:
    """Move a campaign that is locked; Conflict if it has no such move."""
    status = CampaignStatus(campaign["status"])
    try:
        became = moved(status, what)
    except ValueError:
        code = "already_ended" if status in ENDED else f"is_{status}"
        raise Conflict(f"the campaign is {status}", field="status", reason=code) from None
    values = {
        "id": campaign["id"],
        "move": what.value,
        "status": became.value,
        "reason": reason,
        "by": by.owner,
        "actor_id": by.key_id,
        "detail": orjson.dumps({"by": by.owner} | dict(detail or {})).decode(),
    }
    session.info["wrote"] = True
    await session.execute(MOVE, values)
    return became


async def edit(session: Session, campaign: Row, changes: Mapping[str, Any], by: By) -> None:
    """Write these columns of a locked campaign; what an approval is bound to makes it void."""
    status = CampaignStatus(campaign["status"])
    bound = sorted(name for name in changes if name in BOUND)
    if status in ENDED or (bound and status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED)):
        code = "already_ended" if status in ENDED else "already_running"
        field = SAID.get(bound[0], bound[0]) if bound else "status"
        raise Conflict(f"the campaign is {status}", field=field, reason=code)
    if changes:
        # Names of our own columns, never a caller's.
        sets = ", ".join(
            f"{n} = {f'CAST(:{n} AS jsonb)' if n in JSON else f':{n}'}" for n in changes
        )
        statement = text(f"UPDATE campaign SET {sets} WHERE id = :id")  # noqa: S608
        await session.execute(statement, _encoded({**changes, "id": campaign["id"]}))
    if "per_second" in changes:
        await session.execute(RATE_ANEW, {"id": campaign["id"]})
    if "approval_within" in changes:
        before = campaign["approval_within"]
        await session.execute(LAPSES_ANEW, {"id": campaign["id"], "before": before})
    if bound:
        detail = {"fields": [SAID.get(name, name) for name in bound]}
        await move(session, campaign, CampaignMove.EDITED, by, detail=detail)
    elif changes:
        await note(session, campaign["id"], "changed", by, detail={"fields": sorted(changes)})


async def archive(session: Session, campaign: Row, by: By) -> None:
    """Out of the lists; Conflict while it is under way."""
    status = CampaignStatus(campaign["status"])
    if status in (*SUBMITTED, CampaignStatus.RUNNING, CampaignStatus.PAUSED):
        detail = f"the campaign is {status}; cancel it first"
        raise Conflict(detail, field="status", reason=f"is_{status}")
    await session.execute(ARCHIVE, {"id": campaign["id"]})
    await note(session, campaign["id"], "archived", by)


async def wants_workflow(session: Session, id: UUID) -> None:
    """The row that says a workflow must exist; with the move that needs it."""
    await session.execute(START, {"id": id})


async def note(
    session: Session,
    id: UUID,
    kind: str,
    by: By,
    *,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One line in the campaign's account."""
    words = orjson.dumps({"by": by.owner} | dict(detail or {})).decode()
    values = {"id": id, "kind": kind, "reason": reason, "actor_id": by.key_id, "detail": words}
    await session.execute(NOTE, values)


async def events(session: Session, id: UUID, after: int, limit: int) -> list[Row]:
    """Its account, oldest first; without the windows."""
    values = {"id": id, "after": after, "limit": limit}
    return [dict(row) for row in (await session.execute(EVENTS, values)).mappings()]


def encode(value: Any) -> str:
    """JSON, as the database takes it."""
    return orjson.dumps(value).decode()


def _encoded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: orjson.dumps(value).decode() if name in JSON and value is not None else value
        for name, value in row.items()
    }
