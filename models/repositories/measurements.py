"""How much waits, and for how long, by priority; asked by the relay, for its metrics."""

from dataclasses import dataclass

from sqlalchemy import text

from models.sessions import Session

MOST = 100_000  # counted no further

# Owners that are due, and notifications that wait for a workflow to share; both through an index.
WAITING = text(f"""
SELECT p.priority,
    (SELECT count(*) FROM (SELECT FROM owner o WHERE o.priority = p.priority
        AND o.status = 'running' AND o.next_at <= now() LIMIT {MOST}) due)
    + (SELECT count(*) FROM (SELECT FROM workflow_start w WHERE w.kind = 'shared'
        AND w.priority = p.priority LIMIT {MOST}) sharing) AS waiting,
    GREATEST(0, EXTRACT(epoch FROM now() - LEAST(
        (SELECT min(next_at) FROM owner o WHERE o.priority = p.priority AND o.status = 'running'),
        (SELECT min(created_at) FROM workflow_start w WHERE w.kind = 'shared'
            AND w.priority = p.priority)))) AS oldest_seconds
FROM (VALUES ('high'), ('medium'), ('low')) AS p (priority)
""")  # noqa: S608 - our own constant

STARTS = text(f"""
SELECT count(*) FROM (SELECT FROM workflow_start WHERE kind <> 'shared' LIMIT {MOST}) starts
""")  # noqa: S608 - our own constant

ACCOUNTS = text("""
SELECT s.state, count(a.id) AS accounts FROM (VALUES ('open'), ('closed'), ('paused')) AS s (state)
LEFT JOIN vendor_account a ON a.retired_at IS NULL
    AND s.state = CASE WHEN a.paused_at IS NOT NULL THEN 'paused'
                       WHEN a.closed_until > now() THEN 'closed' ELSE 'open' END
GROUP BY s.state
""")


@dataclass(frozen=True, slots=True)
class Measured:
    """`waiting` and `oldest_seconds` by priority, accounts by state; counts up to MOST."""

    waiting: dict[str, int]
    oldest_seconds: dict[str, float]
    starts: int
    accounts: dict[str, int]


async def measure(session: Session) -> Measured:
    """As it is now."""
    rows = (await session.execute(WAITING)).all()
    starts = int((await session.execute(STARTS)).scalar_one())
    accounts = (await session.execute(ACCOUNTS)).all()
    return Measured(
        waiting={row.priority: row.waiting for row in rows},
        oldest_seconds={row.priority: float(row.oldest_seconds or 0) for row in rows},
        starts=starts,
        accounts={row.state: row.accounts for row in accounts},
    )
