"""Values of bodies, stricter than pydantic alone: what a caller wrote is what is meant."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from models import time_zones
from models.errors import Invalid

# A name may end in a header, or on one line of a text.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

DATE_FIRST = re.compile(r"\d{4}-\d\d-\d\d.", re.ASCII)


def _written(value: Any) -> Any:
    # A number, in quotes too, would be taken for seconds or milliseconds, by its size.
    if not isinstance(value, str) or not DATE_FIRST.match(value):
        raise ValueError("want a time as RFC 3339 writes it, such as 2030-01-31T09:00:00Z")
    return value


def _utc(value: datetime) -> datetime:
    # PostgreSQL takes offsets below 16 hours, RFC 3339 below 24.
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999 in UTC") from None


def _counted(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        raise ValueError("want a number")
    return value


Counted = BeforeValidator(_counted)
Time = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_utc)]
Chat = Annotated[
    str,
    Field(max_length=64, examples=["123456789"], json_schema_extra={"type": ["string", "integer"]}),
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
]


def time_zone(name: str, field: str = "to.time_zone") -> str:
    """The name itself, if it is one of the IANA database."""
    if name and name not in time_zones.names():
        raise Invalid(
            "not a time zone of the IANA database, such as Europe/Berlin",
            field=field,
            reason="unknown_time_zone",
        )
    return name
