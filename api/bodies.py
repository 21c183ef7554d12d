"""What callers send: one notification, alone or as an item of a batch."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from api.fields import ONE_LINE, Chat, Counted, Time, time_zone
from models.acceptance import DEFAULT_CATEGORY, SHORTEST_LIFE_SECONDS, Request
from models.addresses import normalise
from models.messages import Channel
from models.repositories.references import Wanted

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Priority = Literal["high", "medium", "low"]
LONGEST_LIFE_SECONDS = 30 * 86_400
Data = Annotated[dict[str, JsonValue], Field(max_length=200)]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))]
SendAt = Annotated[Time, Field(description="RFC 3339, with its zone; at most 366 days ahead")]
Seconds = Annotated[int, Field(ge=SHORTEST_LIFE_SECONDS, le=LONGEST_LIFE_SECONDS), Counted]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=40)],
        Annotated[str, StringConstraints(max_length=500)],
    ],
    Field(max_length=20),
]
EXAMPLE: dict[str, JsonValue] = {
    "to": {"email": "ada@example.com"},
    "template": "welcome",
    "data": {"name": "Ada"},
}
ITEM_EXAMPLE: dict[str, JsonValue] = {**EXAMPLE, "dedupe_key": "welcome-ada"}


class Body(BaseModel):
    """A body with no fields but its own; dumped as it was sent.

    So a field that a release adds changes no fingerprint of a body that does not name it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="wrap")
    def _as_sent(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if name in self.model_fields_set}


class To(Body):
    """Whom to tell: a profile by its id or your id for it, or direct addresses."""

    profile_id: UUID | None = None
    external_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    email: Annotated[str, Field(max_length=320, examples=["ada@example.com"])] | None = None
    sms: Annotated[str, Field(max_length=32, examples=["+4915112345678"])] | None = None
    telegram: Chat | None = None
    webhook: (
        Annotated[str, Field(max_length=2000, examples=["https://example.com/hooks/tidings"])]
        | None
    ) = None
    name: Annotated[str, Field(max_length=200, pattern=ONE_LINE)] = ""
    locale: Annotated[
        str, Field(max_length=35, pattern=r"^$|^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")
    ] = ""
    time_zone: Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])] = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.profile_id is not None, self.external_id is not None, bool(self.direct())]
        if sum(ways) != 1:
            raise ValueError(
                "give one of: profile_id, external_id, direct addresses"
                f" ({', '.join(channel.value for channel in Channel)})"
            )
        return self

    def direct(self) -> dict[Channel, str]:
        """The direct addresses, as they came."""
        given = {channel: getattr(self, channel.value) for channel in Channel}
        return {channel: address for channel, address in given.items() if address is not None}


class EmailContent(Body):
    """Inline content of an email; templates' language in every part."""

    subject: Annotated[str, Field(min_length=1, max_length=1000)]
    html: Annotated[str, Field(max_length=262_144)] | None = None
    text: Annotated[str, Field(max_length=262_144)] | None = None


class TextContent(Body):
    """Inline content of an SMS or a Telegram message."""

    text: Annotated[str, Field(min_length=1, max_length=262_144)]


class WebhookContent(Body):
    """Inline content of a webhook: a JSON object, in which `{{ name }}` is a JSON value."""

    body: Annotated[str, Field(min_length=1, max_length=262_144)]


class Content(Body):
    """Inline content, by channel."""

    email: EmailContent | None = None
    sms: TextContent | None = None
    telegram: TextContent | None = None
    webhook: WebhookContent | None = None


class NotificationCreate(Body):
    """What to tell whom, how, and until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE,
                {
                    "to": {"sms": "+4915112345678", "email": "ada@example.com", "locale": "de"},
                    "template": "otp",
                    "data": {"code": "481516"},
                    "channels": ["sms", "email"],
                    "channel_mode": "first",
                    "expires_in": 300,
                },
                {
                    "to": {"telegram": 123456789, "name": "Ada"},
                    "content": {"telegram": {"text": "<b>{{ order }}</b> is on its way"}},
                    "data": {"order": "4711"},
                    "priority": "low",
                    "metadata": {"order": "4711"},
                },
                {
                    "to": {"webhook": "https://example.com/hooks/tidings"},
                    "content": {
                        "webhook": {
                            "body": '{"type": "order.shipped", "data": {"order": {{ order }}}}'
                        }
                    },
                    "data": {"order": "4711"},
                },
            ]
        }
    )

    to: To
    template: Name | None = None
    content: Content | None = None
    data: Data = {}
    category: Name | None = None
    channels: Channels | None = None
    channel_mode: Literal["all", "first"] | None = None
    priority: Priority | None = None
    send_at: SendAt | None = None
    expires_in: Seconds | None = Field(
        None, description="seconds from acceptance; nothing is sent after it"
    )
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.template is None) == (self.content is None):
            raise ValueError("give either template or content")
        return self

    def request(self) -> Request:
        """For `models.acceptance`, with every address in its one form; Invalid names the field."""
        to = self.to
        addresses = {
            channel.value: normalise(channel, address, f"to.{channel}")
            for channel, address in to.direct().items()
        }
        return Request(
            template=self.template,
            content=self.content.model_dump(exclude_none=True) if self.content else None,
            data=self.data,
            category=self.category,
            profile_id=to.profile_id,
            external_id=to.external_id,
            addresses=addresses,
            name=to.name,
            locale=to.locale.replace("_", "-"),
            time_zone=time_zone(to.time_zone),
            channels=tuple(dict.fromkeys(channel.value for channel in self.channels or ())),
            channel_mode=self.channel_mode,
            priority=self.priority,
            send_at=self.send_at,
            expires_in=self.expires_in,
            metadata=self.metadata,
        )


class BatchItem(NotificationCreate):
    """A notification of a batch. One dedupe key is accepted once in seven days."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_EXAMPLE]})

    dedupe_key: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None


def wanted(requests: list[Request]) -> Wanted:
    """What these requests refer to."""
    found = Wanted(categories={DEFAULT_CATEGORY})
    for request in requests:
        if request.category:
            found.categories.add(request.category)
        if request.template:
            found.templates.add(request.template)
        if request.profile_id:
            found.profile_ids.add(request.profile_id)
        if request.external_id:
            found.external_ids.add(request.external_id)
    return found
