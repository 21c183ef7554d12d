"""What callers send about campaigns."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

from api.bodies import LONGEST_LIFE_SECONDS, Body, Content, Name
from api.fields import ONE_LINE, Counted, Time
from models.acceptance import SHORTEST_LIFE_SECONDS
from models.messages import Channel
from models.rates import LEAST_PER_SECOND

INLINE_MOST = 10_000
TEST_MOST = 10
FASTEST = 100_000.0
Hash = Annotated[
    str,
    StringConstraints(pattern="^[0-9a-f]{64}$"),
    Field(description="`content_hash` of the campaign as you saw it", examples=["a" * 64]),
]
Address = Annotated[str, StringConstraints(min_length=1, max_length=320)]
PerSecond = Annotated[float, Field(ge=LEAST_PER_SECOND, le=FASTEST), Counted]
EXAMPLE: dict[str, JsonValue] = {
    "name": "November news",
    "channel": "email",
    "content": {"email": {"subject": "News for {{ name }}", "html": "<p>Hello {{ name }}</p>"}},
    "audience": {"recipients": [{"to": "ada@example.com", "data": {"name": "Ada"}}]},
    "category": "newsletter",
}


class Recipient(Body):
    """One of an inline audience."""

    to: Address
    id: Annotated[str, Field(max_length=200)] = ""
    name: Annotated[str, Field(max_length=200, pattern=ONE_LINE)] = ""
    locale: Annotated[str, Field(max_length=35)] = ""
    time_zone: Annotated[str, Field(max_length=64)] = ""
    data: Annotated[dict[str, JsonValue], Field(max_length=200, default_factory=dict)]


class Audience(Body):
    """Whom: an upload, up to 10,000 people inline, a group, or everyone."""

    audience_id: UUID | None = None
    recipients: Annotated[list[Recipient], Field(min_length=1, max_length=INLINE_MOST)] | None = (
        None
    )
    group: Name | None = None
    everyone: StrictBool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.audience_id, self.recipients, self.group, self.everyone or None)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give one of: audience_id, recipients, group, everyone")
        return self

    def facts(self) -> dict[str, Any]:
        """As it is kept; recipients have become an audience by then."""
        if self.audience_id:
            return {"audience_id": str(self.audience_id)}
        return {"group": self.group} if self.group else {"everyone": True}


class Canary(Body):
    """The first ones go alone; the campaign pauses if more than so many of them failed."""

    percent: Annotated[float, Field(gt=0, le=50), Counted] = 1
    most_failures_percent: Annotated[float, Field(ge=0, le=100), Counted] = 5


class _Fields(Body):
    template: Name | None = None
    content: Content | None = None
    data: Annotated[dict[str, JsonValue], Field(max_length=200, default_factory=dict)]
    category: Name | None = None
    send_at: Time | None = None
    off_hours: StrictBool = False
    per_second: PerSecond | None = None
    expires_in: (
        Annotated[int, Field(ge=SHORTEST_LIFE_SECONDS, le=LONGEST_LIFE_SECONDS), Counted] | None
    ) = None
    canary: Canary | None = None
    approval_within: Annotated[
        int, Field(ge=1, le=30 * 86_400, description="seconds from submission"), Counted
    ] = 3 * 86_400
    metadata: Annotated[
        dict[
            Annotated[str, StringConstraints(min_length=1, max_length=40)],
            Annotated[str, StringConstraints(max_length=500)],
        ],
        Field(max_length=20, default_factory=dict),
    ]


class CampaignCreate(_Fields):
    """A draft. Nothing is sent before it is submitted and somebody else approves it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]
    channel: Channel
    audience: Audience

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.template is None) == (self.content is None):
            raise ValueError("give either template or content")
        return self


class CampaignPatch(_Fields):
    """What changes; the rest stays. The channel does not change: duplicate it instead."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "December news"}]})

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)] | None = None
    audience: Audience | None = None

    @model_validator(mode="after")
    def _at_most_one_content(self) -> Self:
        if self.template is not None and self.content is not None:
            raise ValueError("give either template or content")
        return self

    @field_validator("name", "audience", "category", mode="before")
    @classmethod
    def _is_said(cls, value: object) -> object:
        if value is None:
            raise ValueError("cannot be null: leave it out, and it stays")
        return value


class Approval(Body):
    """Of what you have seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hash": "a" * 64}]})

    hash: Hash


class Rejection(Approval):
    """And why not."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"hash": "a" * 64, "reason": "the wrong audience"}]}
    )

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Rate(Body):
    """Null: as fast as the account allows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"per_second": 50}]})

    per_second: PerSecond | None


class TestSend(Body):
    """To whom, with the data of which line of the audience."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": ["ada@example.com"]}]})

    to: Annotated[list[Address], Field(min_length=1, max_length=TEST_MOST)]
    data: Annotated[dict[str, JsonValue], Field(max_length=200, default_factory=dict)]


class Preview(Body):
    """For how many of the audience."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"size": 3}]})

    size: Annotated[int, Field(ge=1, le=20), Counted] = 3
