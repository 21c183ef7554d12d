"""What callers send about profiles and their contacts. Null: not said."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

from api.bodies import Body
from api.fields import ONE_LINE, Counted
from models.errors import Invalid
from models.messages import Channel
from models.person_fields import LOCALE, LONGEST, LONGEST_LOCALE
from models.profile_rows import (
    LEAST_RANK,
    LONGEST_KEY,
    LONGEST_VALUE,
    MOST_CONTACTS,
    MOST_METADATA,
    MOST_RANK,
    said,
)
from models.repositories.profiles import Ref

PREFIX = "ext:"
EXAMPLE: dict[str, JsonValue] = {
    "external_id": "4711",
    "name": "Ada Lovelace",
    "locale": "en-GB",
    "time_zone": "Europe/London",
    "metadata": {"team": "engines"},
    "contacts": [
        {"channel": "email", "address": "ada@example.com"},
        {"channel": "sms", "address": "+4915112345678"},
    ],
}
ProfileRef = Annotated[
    str,
    Path(
        max_length=LONGEST + len(PREFIX),
        description="our id, or `ext:` and your `external_id`, such as `ext:4711`",
        examples=["ext:4711"],
    ),
]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
PersonName = Annotated[str, Field(max_length=LONGEST, pattern=ONE_LINE)]
Locale = Annotated[str, Field(max_length=LONGEST_LOCALE, pattern=rf"^$|^{LOCALE.pattern}$")]
TimeZone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]
Address = Annotated[
    str,
    Field(max_length=2000, json_schema_extra={"type": ["string", "integer"]}),
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
]
Rank = Annotated[
    int, Field(ge=LEAST_RANK, le=MOST_RANK, description="the lowest of a channel is told"), Counted
]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_KEY)],
        Annotated[str, StringConstraints(max_length=LONGEST_VALUE)],
    ],
    Field(max_length=MOST_METADATA),
]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1, description="as you read it"), Counted]


def _shown(*examples: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class ContactCreate(Body):
    """An address; without a rank it comes after the others of its channel."""

    model_config = _shown({"channel": "email", "address": "ada@example.org"})

    channel: Channel
    address: Address
    rank: Rank | None = None


class ContactPatch(Body):
    """Its new rank."""

    model_config = _shown({"rank": 0})

    rank: Rank


class _Fields(Body):
    name: PersonName | None = None
    locale: Locale | None = None
    time_zone: TimeZone | None = None
    metadata: Metadata | None = None

    def said(self) -> dict[str, Any]:
        """In its one form; Invalid names the field that has none."""
        return said(self.model_dump(mode="json"))


class ProfileCreate(_Fields):
    """A person who receives."""

    model_config = _shown(EXAMPLE, {"external_id": "4712"})

    external_id: ExternalId
    contacts: (
        Annotated[
            list[ContactCreate],
            Field(max_length=MOST_CONTACTS, description="ranked by their order"),
        ]
        | None
    ) = None


class ProfilePatch(_Fields):
    """What changes; the rest stays. `metadata` is replaced as a whole."""

    model_config = _shown({"revision": 1, "name": "Ada King"})

    revision: Revision
    external_id: ExternalId | None = None


class ProfileMerge(Body):
    """Which profile stays: our id, or `ext:` and yours."""

    model_config = _shown({"into": "ext:4711"})

    into: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST + len(PREFIX))]


def ref_of(written: str, field: str = "profile_id") -> Ref:
    """Which profile is meant."""
    if written.startswith(PREFIX) and len(written) > len(PREFIX):
        if "\0" in written:
            raise Invalid("NUL characters cannot be stored", field=field, reason="nul")
        return Ref(external_id=written.removeprefix(PREFIX))
    try:
        return Ref(id=UUID(written))
    except ValueError:
        detail = f"want our id, a UUID, or {PREFIX} and your external_id"
        raise Invalid(detail, field=field, reason="not_a_profile_id") from None
