"""What a new API key may be: the options of `tidings keys create`, held against their limits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from models import keys as shapes
from models.errors import Invalid

MOST_DAYS = 36_500


def scopes_of(option: str) -> list[str]:
    """The scopes, each once."""
    wanted = list(dict.fromkeys(word.strip() for word in option.split(",") if word.strip()))
    there = f"there are {', '.join(shapes.SCOPES)}"
    if not wanted:
        raise Invalid(f"--scopes {option!r}: a key needs at least one; {there}")
    if unknown := _unknown(wanted):
        raise Invalid(f"--scopes: no scope {unknown!r}; {there}")
    return wanted


def expiry(days: int) -> datetime | None:
    """When a key of so many days ends; None: never."""
    if not 0 <= days <= MOST_DAYS:
        raise Invalid(f"--days {days}: want 0 (for ever) to {MOST_DAYS}")
    return datetime.now(UTC) + timedelta(days=days) if days else None


def words_of(option: str, value: str) -> str:
    """A text that says something."""
    if not value.strip():
        raise Invalid(f"{option} {value!r}: want at least one character")
    return value.strip()


def _unknown(wanted: Sequence[str]) -> str:
    return next((scope for scope in wanted if scope not in shapes.SCOPES), "")
