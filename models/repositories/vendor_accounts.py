"""Vendor accounts as people read them: `vendor_account_changes.py` changes them.

What sending asks of them: `accounts.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from models.errors import NotFound
from models.seal import Keyring
from models.sessions import Session

Row = dict[str, Any]

ERRORS_WITHIN = timedelta(minutes=15)

COLUMNS = """
a.id, a.application_id, p.name AS application, a.name, a.channel, a.vendor, a.rank, a.revision,
a.sealed_config, a.paused_at, a.failures, a.created_at, r.per_second, r.reserve,
CASE WHEN a.closed_until > now() THEN a.closed_until END AS closed_until,
CASE WHEN a.closed_until > now() THEN a.closed_reason END AS closed_reason,
CASE WHEN a.paused_at IS NOT NULL THEN 'paused' WHEN a.closed_until > now() THEN 'closed'
     ELSE 'open' END AS state
"""
FROM = """
FROM vendor_account a JOIN application p ON p.id = a.application_id
LEFT JOIN vendor_rate r ON r.account_id = a.id
"""

# In the order in which they are asked. NULL: of every application, or from the beginning.
PAGE = text(f"""
SELECT {COLUMNS} {FROM}
WHERE a.retired_at IS NULL
  AND (CAST(:application_id AS uuid) IS NULL OR a.application_id = :application_id)
  AND (CAST(:channel AS text) IS NULL OR a.channel = :channel)
  AND (CAST(:after_id AS uuid) IS NULL OR (p.name, a.channel, a.rank, a.id)
       > (CAST(:after_application AS text), CAST(:after_channel AS text),
          CAST(:after_rank AS int), :after_id))
ORDER BY p.name, a.channel, a.rank, a.id LIMIT :limit
""")

GET = text(f"""
SELECT {COLUMNS} {FROM}
WHERE a.id = :id AND a.retired_at IS NULL
  AND (CAST(:application_id AS uuid) IS NULL OR a.application_id = :application_id)
""")

LOCK = text("""
SELECT FROM vendor_account WHERE id = :id AND application_id = :application_id
  AND retired_at IS NULL FOR UPDATE
""")

# By reason, through the index on times: what the vendor has said of late.
ERRORS = text("""
SELECT outcome, scope, reason, count(*) AS count, max(ended_at) AS last_at,
       (array_agg(detail ORDER BY ended_at DESC))[1] AS detail
FROM attempt
WHERE account_id = :id AND started_at > now() - CAST(:within AS interval)
  AND outcome IN ('refused', 'retry', 'unknown') AND reason IS DISTINCT FROM 'released'
GROUP BY outcome, scope, reason ORDER BY last_at DESC LIMIT 10
""")

# Who found no account looks again half a minute later: these may have waited for this one.
WAITING = text("""
SELECT kind || '/' || id FROM owner
WHERE application_id = :application_id AND status = 'running'
  AND priority IN ('high', 'medium', 'low')
  AND next_at BETWEEN now() AND now() + interval '35 seconds'
ORDER BY array_position(ARRAY['high', 'medium', 'low'], priority), next_at LIMIT 150
""")


async def page(
    session: Session,
    application_id: UUID | None,
    *,
    channel: str | None = None,
    after: Sequence[str] | None = None,
    limit: int = 1000,
) -> list[Row]:
    """Accounts of the application, or of all, in their order; `after`: a row's `position`."""
    application, on, rank, id = after or (None, None, None, None)
    values = {
        "application_id": application_id,
        "channel": channel,
        "after_application": application,
        "after_channel": on,
        "after_rank": int(rank) if rank else None,
        "after_id": UUID(id) if id else None,
        "limit": limit,
    }
    return [dict(row) for row in (await session.execute(PAGE, values)).mappings()]


def position(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a row is in the list of all."""
    return row["application"], row["channel"], str(row["rank"]), str(row["id"])


async def get(session: Session, application_id: UUID | None, id: UUID) -> Row:
    """One account; NotFound if it is not the application's, or retired."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such vendor account", field="account_id")
    return dict(row)


async def lock(session: Session, application_id: UUID | None, id: UUID) -> Row:
    """The same, and nobody else changes it until the transaction ends."""
    row = await get(session, application_id, id)
    values = {"id": id, "application_id": row["application_id"]}
    if not (await session.execute(LOCK, values)).all():
        raise NotFound("no such vendor account", field="account_id")
    return await get(session, application_id, id)


async def errors(session: Session, id: UUID) -> list[Row]:
    """What went wrong through it in the last quarter of an hour, by reason, the newest first."""
    rows = await session.execute(ERRORS, {"id": id, "within": ERRORS_WITHIN})
    return [dict(row) for row in rows.mappings()]


def opened(row: Mapping[str, Any], keyring: Keyring) -> dict[str, Any]:
    """Its settings, secrets and all; Misconfigured if the keyring does not open them."""
    config: dict[str, Any] = orjson.loads(keyring.open(bytes(row["sealed_config"]), row["id"]))
    return config


async def waiting(session: Session, application_id: UUID) -> list[str]:
    """Workflows of the application that look again soon, by priority; the most urgent ones."""
    return list((await session.execute(WAITING, {"application_id": application_id})).scalars())
