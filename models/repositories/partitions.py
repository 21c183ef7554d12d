"""Partitions by day: `message` and `attempt` by their owner's UUIDv7, `event` by time."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session

BY_OWNER = ("message", "attempt")
DAYS_AHEAD = 7
# A claim updates a row two or three times: room for it in the page keeps the updates HOT.
STORAGE = {"message": " WITH (fillfactor = 60)", "attempt": " WITH (fillfactor = 80)", "event": ""}

EXISTING = text("SELECT relname FROM pg_class WHERE relname = ANY(:names) AND relkind = 'r'")
# Two makers at once: the second waits, then finds them there.
LOCK = text("SELECT pg_advisory_xact_lock(7446906)")


def first_uuid7(day: date) -> UUID:
    """The smallest UUIDv7 of a UTC day: its milliseconds, then zeros."""
    start = datetime.combine(day, time(), UTC)
    return UUID(int=int(start.timestamp() * 1000) << 80)


def bounds(table: str, day: date) -> tuple[str, str]:
    """From (inclusive) and to (exclusive), as SQL literals' texts."""
    after = day + timedelta(days=1)
    if table in BY_OWNER:
        return str(first_uuid7(day)), str(first_uuid7(after))
    return f"{day} 00:00+00", f"{after} 00:00+00"


async def make_ahead(session: Session, today: date | None = None) -> int:
    """Make what is missing from yesterday to a week ahead; how many were made.

    CREATE and ATTACH, not CREATE PARTITION OF: the parent is locked only against other DDL.
    """
    today = today or datetime.now(UTC).date()
    days = [today + timedelta(days=n) for n in range(-1, DAYS_AHEAD + 1)]
    wanted = {f"{t}_{d:%Y%m%d}": (t, d) for t in (*BY_OWNER, "event") for d in days}
    await session.execute(LOCK)
    there = set((await session.execute(EXISTING, {"names": list(wanted)})).scalars())
    for name, (table, day) in wanted.items():
        if name not in there:
            low, high = bounds(table, day)
            like = f"LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
            span = f"FROM ('{low}') TO ('{high}')"
            await session.execute(text(f"CREATE TABLE {name} ({like}){STORAGE[table]}"))
            await session.execute(
                text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {span}")
            )
    return len(wanted) - len(there)


async def days_ahead(session: Session) -> int:
    """For how many days after today there is room; readiness warns below two."""
    today = datetime.now(UTC).date()
    names = [f"event_{today + timedelta(days=n):%Y%m%d}" for n in range(1, DAYS_AHEAD + 1)]
    return len((await session.execute(EXISTING, {"names": names})).scalars().all())
