"""Times that a visitor writes, in their own zone."""

from datetime import UTC, datetime

from api.console.visits import Visit
from models.errors import Invalid


def moment(visit: Visit, written: datetime, field: str) -> datetime:
    """When it is; Invalid for what is no time everywhere: the first day and the last."""
    try:
        return written.replace(tzinfo=written.tzinfo or visit.zone).astimezone(UTC)
    except OverflowError:
        raise Invalid("want another day", field=field, reason="not_a_day") from None
