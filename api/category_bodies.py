"""What callers send about categories."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StringConstraints,
    field_validator,
)

from api.bodies import LONGEST_LIFE_SECONDS, Body, Priority
from api.fields import Counted
from models.acceptance import SHORTEST_LIFE_SECONDS
from models.messages import Channel

PLAIN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
PlainName = Annotated[
    str,
    StringConstraints(pattern=PLAIN_NAME),
    Field(description="letters, digits, `.`, `_` and `-`; it never changes"),
]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))]
Life = Annotated[
    int,
    Field(
        ge=SHORTEST_LIFE_SECONDS,
        le=LONGEST_LIFE_SECONDS,
        description="seconds from when it is due; nothing is sent after them",
    ),
    Counted,
]
EXAMPLE: dict[str, JsonValue] = {
    "name": "reminders",
    "priority": "medium",
    "channels": ["email", "sms"],
    "channel_mode": "first",
    "expires_after": 86_400,
}


class _Fields(Body):
    def values(self) -> dict[str, Any]:
        """The columns that were given, as they are kept."""
        found = self.model_dump(exclude={"name"})
        if "channels" in found:
            found["channels"] = list(dict.fromkeys(channel.value for channel in found["channels"]))
        if "expires_after" in found:
            found["expires_after"] = timedelta(seconds=found["expires_after"])
        return found


class CategoryCreate(_Fields):
    """What kind of notification, and what follows from it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: PlainName
    priority: Priority
    priority_fixed: Annotated[StrictBool, Field(description="no caller may choose another")] = False
    channels: Annotated[Channels, Field(description="in the order in which they are tried")]
    channel_mode: Literal["all", "first"] = "all"
    mandatory: Annotated[StrictBool, Field(description="nobody can unsubscribe from it")] = False
    expires_after: Life
    on_unknown: Annotated[
        Literal["resend", "hold"],
        Field(description="of a message that a vendor may have or not: send it again, or never"),
    ] = "hold"

    def values(self) -> dict[str, Any]:
        """All columns, with the defaults of what was not given."""
        defaults = {
            name: field.default
            for name, field in type(self).model_fields.items()
            if not field.is_required()
        }
        return defaults | super().values()


class CategoryPatch(_Fields):
    """What changes, for what is accepted from now on; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"priority": "low"}]})

    priority: Priority | None = None
    priority_fixed: StrictBool | None = None
    channels: Channels | None = None
    channel_mode: Literal["all", "first"] | None = None
    mandatory: StrictBool | None = None
    expires_after: Life | None = None
    on_unknown: Literal["resend", "hold"] | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _is_said(cls, value: object) -> object:
        if value is None:
            raise ValueError("cannot be null: leave it out, and it stays")
        return value
