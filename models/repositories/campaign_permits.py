"""May a campaign be sent now, and how fast? Its approval, its state and its own rate say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.campaign_steps import Shard
from models.sessions import Session

SENDABLE = text("""
SELECT c.status, c.per_second, c.data, c.content, c.template_version_id, o.expires_at,
       o.approved_hash = o.content_hash AND o.status = 'running' AND c.status = 'running'
           AS sendable
FROM campaign c JOIN owner o ON o.id = c.id WHERE c.id = :owner_id
""")
# A tenth of a second's worth at once, no more than is due, and never ahead of time: what is lost is
# not sent faster later, and no second holds more than a tenth too many.
GRANT = text("""
WITH now AS (SELECT clock_timestamp() AS at), due AS (
    SELECT count(*) AS n FROM (
        SELECT FROM message WHERE owner_id = :owner_id AND seq > :after AND seq <= :last
        AND phase = 'queued' AND next_at <= now() LIMIT :wanted) m
), given AS (
    SELECT r.owner_id, GREATEST(r.next_at, now.at) AS from_at,
           LEAST(due.n, GREATEST(1, floor(c.per_second / 10))) AS n, c.per_second, now.at
    FROM campaign_rate r JOIN campaign c ON c.id = r.owner_id, now, due
    WHERE r.owner_id = :owner_id AND c.per_second IS NOT NULL FOR UPDATE OF r
)
UPDATE campaign_rate r SET next_at = CASE WHEN given.n = 0 OR given.from_at > given.at
    THEN r.next_at ELSE given.at + interval '1 second' * given.n / given.per_second END
FROM given WHERE r.owner_id = given.owner_id
RETURNING CASE WHEN given.from_at > given.at THEN 0 ELSE given.n END AS n,
    CASE WHEN given.n = 0 THEN interval '0' ELSE given.from_at - given.at END AS wait
""")


@dataclass(frozen=True, slots=True)
class Sendable:
    """What a campaign says to everybody, and whether it may be sent now."""

    sendable: bool
    rated: bool
    content: Mapping[str, Any] | None
    template_version_id: UUID | None
    data: Mapping[str, Any]
    expires_at: datetime | None


async def sendable(session: Session, owner_id: UUID) -> Sendable:
    """Approved as it is, running and in time?"""
    row = (await session.execute(SENDABLE, {"owner_id": owner_id})).one()
    return Sendable(
        sendable=bool(row.sendable),
        rated=row.per_second is not None,
        content=row.content,
        template_version_id=row.template_version_id,
        data=row.data,
        expires_at=row.expires_at,
    )


async def grant(session: Session, shard: Shard, after: int, wanted: int) -> tuple[int, timedelta]:
    """How many the campaign's own rate allows now; none: how long until it is worth asking.

    None and no time: nothing is due behind the cursor.
    """
    values = {
        "owner_id": shard.owner_id,
        "after": after,
        "last": shard.last,
        "wanted": wanted,
    }
    row = (await session.execute(GRANT, values)).one_or_none()
    if row is None:  # it has no rate any more
        return wanted, timedelta()
    return int(row.n), max(row.wait, timedelta())
