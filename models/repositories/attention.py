"""What needs somebody's attention now, in one application."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session

MOST_COUNTED = 1_000
TROUBLES = ("failed", "unknown", "expired")

# Ids are times: the index on a kind's status and id has all that is counted.
TODAY = text(f"""
SELECT s.status, c.n FROM unnest(CAST(:statuses AS text[])) s (status) CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM notification_kind k JOIN notification_listing l
            ON l.kind = k.id AND l.status = s.status AND l.id >= :since
        WHERE k.application_id = :application_id LIMIT {MOST_COUNTED + 1}) few) c
""")  # noqa: S608 - our own constant
ACCOUNTS = text("""
SELECT id, name, channel, vendor, paused_at, closed_reason,
       CASE WHEN closed_until > now() THEN closed_until END AS closed_until
FROM vendor_account
WHERE application_id = :application_id AND retired_at IS NULL
  AND (paused_at IS NOT NULL OR closed_until > now())
ORDER BY channel, rank, name LIMIT 50
""")
CAMPAIGNS = text("""
SELECT id, name, status, people, reason FROM campaign
WHERE application_id = :application_id AND archived_at IS NULL
  AND status IN ('validating', 'scheduled', 'running', 'paused')
ORDER BY id DESC LIMIT 10
""")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attention:
    """`troubles`: today's notifications by status, MOST_COUNTED + 1 for more than that."""

    troubles: dict[str, int]
    accounts: Sequence[Row]
    campaigns: Sequence[Row]


async def of(session: Session, application_id: UUID, since: datetime) -> Attention:
    """As it is now; `since`: when today began for who asks."""
    values = {
        "application_id": application_id,
        "statuses": list(TROUBLES),
        "since": UUID(int=int(since.timestamp() * 1000) << 80),
    }
    troubles = {row.status: int(row.n) for row in await session.execute(TODAY, values)}
    accounts = [dict(row) for row in (await session.execute(ACCOUNTS, values)).mappings()]
    campaigns = [dict(row) for row in (await session.execute(CAMPAIGNS, values)).mappings()]
    return Attention(troubles, accounts, campaigns)
