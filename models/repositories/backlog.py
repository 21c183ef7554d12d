"""What waits for the relay, counted for whoever operates the platform: of all applications."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from models.sessions import Session

MOST_COUNTED = 100_000

WAITING = text(f"""
SELECT count(*) AS waiting, COALESCE(now() - min(created_at), interval '0') AS oldest
FROM (SELECT created_at FROM workflow_start LIMIT {MOST_COUNTED}) few
""")  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class Backlog:
    """Starts that were not taken yet, MOST_COUNTED at most, and how long the first waits."""

    waiting: int
    oldest: timedelta


async def read(session: Session) -> Backlog:
    """As it is now."""
    row = (await session.execute(WAITING)).mappings().one()
    return Backlog(row["waiting"], row["oldest"])
