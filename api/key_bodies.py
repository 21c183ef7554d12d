"""What callers send about keys and applications."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from api.bodies import Body
from api.fields import ONE_LINE, Counted, Time
from api.vendor_bodies import AccountName
from models.rates import LEAST_PER_SECOND

LONGEST_OVERLAP_SECONDS = 30 * 86_400
OVERLAP_SECONDS = 86_400
MOST_PER_SECOND = 100_000

KeyName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]
Owner = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE),
    Field(description="who answers for the key: a person or a team"),
]
Scopes = Annotated[list[str], Field(min_length=1, max_length=100)]
Limit = Annotated[
    float,
    Field(
        ge=LEAST_PER_SECOND,
        le=MOST_PER_SECOND,
        description="requests a second, of each API process",
    ),
    Counted,
]
Hour = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["20:00"])]
Ends = Annotated[Time, Field(description="RFC 3339, with its zone; without it, it never ends")]
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]


class KeyCreate(Body):
    """A key of your application: with scopes of your own key, and no later end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "checkout",
                    "owner": "the shop's team",
                    "scopes": ["notifications:send", "notifications:read"],
                    "expires_at": "2031-01-31T09:00:00Z",
                }
            ]
        }
    )

    name: KeyName
    owner: Owner
    scopes: Scopes
    expires_at: Ends | None = None
    requests_per_second: Limit | None = None


class KeyRotate(Body):
    """How long the old key works beside the new one, and until when the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_seconds": 3600}, {}]})

    overlap_seconds: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_SECONDS), Counted] = (
        OVERLAP_SECONDS
    )
    expires_at: Ends | None = None


class OffHours(Body):
    """From and to, by the application's clock; a window that begins where it ends never opens."""

    begins: Hour
    ends: Hour


class ApplicationCreate(Body):
    """An application and its first key, which can do no more than your own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "bakery",
                    "time_zone": "Europe/Berlin",
                    "key": {"name": "first", "owner": "the bakery", "scopes": ["keys:write"]},
                }
            ]
        }
    )

    name: AccountName
    time_zone: Zone = "UTC"
    off_hours: OffHours | None = None
    requests_per_second: Limit | None = None
    key: KeyCreate


class ApplicationPatch(Body):
    """What shall change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"off_hours": {"begins": "21:00", "ends": "05:30"}},
                {"time_zone": "Europe/Paris", "requests_per_second": 50},
                {"requests_per_second": None},
            ]
        }
    )

    name: AccountName | None = None
    time_zone: Zone | None = None
    off_hours: OffHours | None = None
    requests_per_second: Limit | None = None
