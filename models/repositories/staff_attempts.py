"""Attempts to log in, counted by whom and from where, so that guessing is slow.

A count begins anew when its time is over, whether or not somebody goes on trying: nobody is locked
out for good. Counted before the password is looked at, so that many at once are no way around it.

What is kept is bounded: each attempt deletes some counts that are over, and an address that has had
too many makes no new ones, however many names it tries.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import text

from models.sessions import Session

SPAN = timedelta(minutes=15)

COUNT = text("""
INSERT INTO staff_attempts (key, failed, since) VALUES (:key, 1, :now)
ON CONFLICT (key) DO UPDATE SET
    failed = CASE WHEN staff_attempts.since <= :over THEN 1 ELSE staff_attempts.failed + 1 END,
    since = CASE WHEN staff_attempts.since <= :over THEN :now ELSE staff_attempts.since END
RETURNING failed, since
""")
FORGET = text("DELETE FROM staff_attempts WHERE key = :key")
TAKE_BACK = text("UPDATE staff_attempts SET failed = failed - 1 WHERE key = :key")
# Those that another attempt counts or deletes right now are left to it: nobody waits here.
SWEEP = text("""
DELETE FROM staff_attempts WHERE key IN (SELECT key FROM staff_attempts WHERE since < :over
    ORDER BY since LIMIT :most FOR UPDATE SKIP LOCKED)
""")
SWEPT_MOST = 100


async def count(session: Session, most: Mapping[str, int], now: datetime) -> timedelta | None:
    """One more attempt under each of these keys; how long to wait, as soon as one has had too many.

    First from where, then at whose account: in one order, so that two never wait for each other.
    """
    await session.execute(SWEEP, {"over": now - SPAN, "most": SWEPT_MOST})
    for key, allowed in most.items():
        values = {"key": _kept(key), "now": now, "over": now - SPAN}
        row = (await session.execute(COUNT, values)).one()
        if row.failed > allowed:
            wait: timedelta = row.since + SPAN - now
            return wait
    return None


async def succeeded(session: Session, whose: str, where: str | None, now: datetime) -> None:
    """Whose attempts are forgotten. Where they came from, this one is: others may be guesses."""
    if where:  # first, as when it was counted
        await session.execute(TAKE_BACK, {"key": _kept(where)})
    await session.execute(FORGET, {"key": _kept(whose)})


def _kept(key: str) -> bytes:
    return sha256(key.encode()).digest()
