"""What callers send about templates."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from api.bodies import Body, Name
from api.category_bodies import PlainName
from api.fields import Counted
from models.messages import Channel
from models.template_draft import MOST_VARIABLES

Content = Annotated[
    dict[str, dict[str, dict[str, str]]],
    Field(description="channel → locale (`default`, `de`, `pt-BR`) → part → text"),
]
Types = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=100)],
        Literal["string", "number", "boolean", "list", "object", "any"],
    ],
    Field(
        max_length=MOST_VARIABLES,
        description="variables and their types; without it, all that the content reads, of any",
    ),
]
Number = Annotated[int, Field(ge=1, le=2**31 - 1), Counted]
Expected = Annotated[
    int,
    Field(ge=0, le=2**31 - 1, description="what must be published now, else 409; 0: nothing"),
    Counted,
]
CONTENT: dict[str, JsonValue] = {
    "email": {
        "default": {"subject": "Your order {{ order }}", "html": "<p>It is on its way.</p>"},
        "de": {"subject": "Ihre Bestellung {{ order }}", "html": "<p>Sie ist unterwegs.</p>"},
    },
    "sms": {"default": {"text": "Your order {{ order }} is on its way."}},
}
VERSION: dict[str, JsonValue] = {"content": CONTENT, "variables": {"order": "string"}}


class VersionCreate(Body):
    """A version: it is a draft until it is published, and never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [VERSION]})

    content: Content
    variables: Types | None = None


class TemplateCreate(VersionCreate):
    """A template and its first version."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "order-sent", "category": "transactional", **VERSION}]
        }
    )

    name: PlainName
    category: Name | None = None


class TemplatePatch(Body):
    """The category it is in; null: none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"category": "transactional"}]})

    category: Name | None


class Publish(Body):
    """On what condition."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"expected_published": 1}]})

    expected_published: Expected | None = None


class RollBack(Publish):
    """To which version; without one, to what was published before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"version": 1}]})

    version: Number | None = None


class PreviewAsked(Body):
    """Of which version (else the newest), or of which content, with which data."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"channel": "email", "locale": "de", "data": {"order": "4711"}},
                {
                    "content": {"sms": {"default": {"text": "Order {{ order }}"}}},
                    "channel": "sms",
                    "data": {"order": "4711"},
                },
            ]
        }
    )

    channel: Channel
    locale: Annotated[str, Field(max_length=35)] = ""
    data: Annotated[dict[str, JsonValue], Field(max_length=200, default_factory=dict)]
    version: Number | None = None
    content: Content | None = None
    variables: Types | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if self.version is not None and self.content is not None:
            raise ValueError("give either version or content")
        if self.variables is not None and self.content is None:
            raise ValueError("variables are declared with a content")
        return self
