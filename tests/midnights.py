"""Times to schedule for: fixed within a run, ahead of it in every year."""

from datetime import UTC, datetime, timedelta

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def midnight(days: int) -> str:
    """The UTC midnight so many days after today's, as the API writes it: `2030-01-31T00:00:00Z`."""
    return f"{TODAY + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
