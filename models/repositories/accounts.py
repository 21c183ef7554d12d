"""Vendor accounts: which one is next, and its breaker. Their rates: `rates.py`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from models.selection import Selection
from models.sessions import Session

COLUMNS = """
    a.id, a.vendor, a.sealed_config, a.revision, a.failures,
    CASE WHEN a.closed_until > now() THEN a.closed_until END AS closed_until,
    EXISTS (SELECT FROM vendor_rate r WHERE r.account_id = a.id) AS rated
"""

# A pinned message asks for its own account, whatever its state.
CHOOSE = text(f"""
SELECT {COLUMNS}
FROM vendor_account a JOIN owner o ON o.application_id = a.application_id
WHERE o.id = :owner_id AND a.channel = :channel AND a.paused_at IS NULL
  AND (CAST(:account_id AS uuid) IS NULL OR a.id = :account_id)
ORDER BY closed_until NULLS FIRST, a.rank, a.id LIMIT 1
""")  # noqa: S608 - our own constant

GET = text(f"SELECT {COLUMNS} FROM vendor_account a WHERE a.id = :account_id")  # noqa: S608

# A long pass asks now and then: may it go on through the account as it was opened?
STANDS = text("""
SELECT EXISTS (SELECT FROM vendor_account a
    WHERE a.id = :account_id AND a.paused_at IS NULL AND a.revision = :revision
      AND :rated = EXISTS (SELECT FROM vendor_rate r WHERE r.account_id = a.id))
""")

# Twice as long for each failure in a row, with jitter, unless the vendor names a delay.
CLOSE = text("""
WITH closed AS (
    UPDATE vendor_account
    SET failures = failures + 1, closed_reason = :reason,
        closed_until = GREATEST(closed_until, clock_timestamp() + COALESCE(CAST(:after AS interval),
            (0.75 + random() / 4) * LEAST(interval '1 minute',
                interval '1 second' * 2 ^ LEAST(failures, 6))))
    WHERE id = :account_id RETURNING closed_until
)
SELECT closed_until FROM closed
""")

REOPEN = text(
    "UPDATE vendor_account SET failures = 0, closed_until = NULL, closed_reason = NULL"
    " WHERE id = :account_id AND failures > 0"
)

COUNT_FAILURE = text("UPDATE vendor_account SET failures = failures + 1 WHERE id = :account_id")


@dataclass(frozen=True, slots=True)
class Account:
    """One configured set of credentials, sealed."""

    id: UUID
    vendor: str
    sealed_config: bytes
    revision: int  # goes up with each edit of it: then a long pass looks at it anew
    failures: int  # windows in a row that went wrong for the account's sake
    closed_until: datetime | None  # its breaker: no calls before that
    rated: bool


async def choose(
    session: Session, which: Selection, account_id: UUID | None = None
) -> Account | None:
    """The first account that takes calls, or else the one that will first; None: there is none.

    `account_id`: only this one, for messages pinned to it.
    """
    values = {"owner_id": which.owner_id, "channel": which.channel, "account_id": account_id}
    row = (await session.execute(CHOOSE, values)).mappings().one_or_none()
    return Account(**row) if row else None


async def get(session: Session, account_id: UUID) -> Account | None:
    """The account of an earlier attempt, open or closed."""
    row = (await session.execute(GET, {"account_id": account_id})).mappings().one_or_none()
    return Account(**row) if row else None


async def stands(session: Session, account: Account) -> bool:
    """Not paused, and with the settings and the kind of rate that it had when it was chosen?"""
    values = {"account_id": account.id, "revision": account.revision, "rated": account.rated}
    return bool((await session.execute(STANDS, values)).scalar_one())


async def close(session: Session, account_id: UUID, reason: str, after: timedelta | None) -> None:
    """Nothing is claimed for this account until then; the vendor's own delay, or a growing one."""
    values = {"account_id": account_id, "reason": reason, "after": after}
    await session.execute(CLOSE, values)


async def count_failure(session: Session, account_id: UUID) -> None:
    """One more window of unknown outcomes; a few in a row close the account."""
    await session.execute(COUNT_FAILURE, {"account_id": account_id})


async def reopen(session: Session, account_id: UUID) -> None:
    """It works again."""
    await session.execute(REOPEN, {"account_id": account_id})
