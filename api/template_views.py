"""What callers see of templates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from models.content_diff import PartDiff
from models.rendering.preview import Preview

Row = Mapping[str, Any]


class TemplateLine(BaseModel):
    """A template in a list: `published` and `latest` are numbers of versions."""

    name: str
    category: str | None
    published: int | None = Field(description="the version that is sent; null: none yet")
    latest: int
    channels: list[str] = Field(description="of the latest version")
    created_at: datetime
    changed_at: datetime = Field(description="when the latest version was made")
    archived_at: datetime | None = Field(description="when it was deleted")


class VersionLine(BaseModel):
    """A version without its content; `published_at`: when it first was, null for a draft."""

    number: int
    channels: list[str]
    variables: list[str]
    types: dict[str, str]
    created_at: datetime
    created_by: str
    published_at: datetime | None


class PublishLine(BaseModel):
    """One publish (`published`) or roll-back (`rolled_back`)."""

    version: int
    kind: str
    by: str
    at: datetime


class TemplateView(TemplateLine):
    """A template, its 100 newest versions and publishes."""

    versions: list[VersionLine]
    publishes: list[PublishLine]


class TemplatePage(BaseModel):
    """Some of them; `next`: the cursor of the page behind."""

    items: list[TemplateLine]
    next: str | None


class VersionView(BaseModel):
    """A version. It never changes."""

    number: int
    content: dict[str, dict[str, dict[str, str]]]
    variables: list[str]
    types: dict[str, str] = Field(description="of the variables that are declared")
    created_at: datetime
    created_by: str
    published_at: datetime | None


class PartDiffView(BaseModel):
    """One part that differs: `added`, `removed` or `changed`."""

    channel: str
    locale: str
    part: str
    change: str
    diff: str = Field(description="unified, as `patch` takes it")


class DiffView(BaseModel):
    """What differs between two versions; `types` of variables are in it by name, old and new."""

    items: list[PartDiffView]
    variables_added: list[str]
    variables_removed: list[str]
    types_changed: dict[str, list[str | None]]


class SegmentsView(BaseModel):
    """What an SMS costs: septets or UTF-16 units, and the segments that are billed."""

    encoding: str
    units: int
    count: int


class WarningView(BaseModel):
    """It can be sent, but perhaps not as it was meant."""

    code: str
    field: str
    detail: str


class MessagePreview(BaseModel):
    """One message as it would be sent; `locale`: the one that was chosen."""

    channel: str
    locale: str
    subject: str
    html: str
    text: str
    segments: SegmentsView | None
    warnings: list[WarningView]


def template_view(row: Row, versions: Sequence[Row], publishes: Sequence[Row]) -> TemplateView:
    """From the repository's rows."""
    return TemplateView.model_validate({**row, "versions": versions, "publishes": publishes})


def diff_view(before: Row, after: Row, parts: Sequence[PartDiff]) -> DiffView:
    """From two versions and what differs in their contents."""
    old, new = set(before["variables"]), set(after["variables"])
    types = {name: [before["types"].get(name), after["types"].get(name)] for name in old & new}
    return DiffView(
        items=[PartDiffView(**asdict(part)) for part in parts],
        variables_added=sorted(new - old),
        variables_removed=sorted(old - new),
        types_changed={name: pair for name, pair in sorted(types.items()) if pair[0] != pair[1]},
    )


def message_preview(made: Preview) -> MessagePreview:
    """From the pure one."""
    return MessagePreview(
        channel=made.channel,
        locale=made.locale,
        subject=made.rendered.subject,
        html=made.rendered.html,
        text=made.rendered.text,
        segments=SegmentsView(**asdict(made.segments)) if made.segments else None,
        warnings=[WarningView(**asdict(warning)) for warning in made.warnings],
    )
