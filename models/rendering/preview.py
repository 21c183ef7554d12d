"""What a message would look like, with what its author should know; nothing is sent or stored."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.messages import Channel
from models.rendering import content as contents
from models.rendering.content import Content, Rendered
from models.rendering.data import check_data
from models.rendering.declared import Types, check_types
from models.rendering.locales import DEFAULT, locale_for
from models.rendering.sms import GSM7, Segments, segments

NAMED_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class Warning:
    """It can be sent, but perhaps not as it was meant."""

    code: str
    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One message. `locale`: the one that was chosen; `segments`: an SMS's."""

    channel: str
    locale: str
    rendered: Rendered
    segments: Segments | None
    warnings: list[Warning]


def preview(
    content: Content,
    channel: str,
    locale: str,
    data: Mapping[str, Any],
    *,
    variables: Collection[str],
    types: Types,
) -> Preview:
    """The message that a checked content and these data make; Invalid names the part and line."""
    check_data(data)
    check_types(data, types)
    rendered = contents.render(content, channel, locale, data)
    chosen = locale_for(content[channel], locale)
    counted = segments(rendered.text) if channel == Channel.SMS else None
    warnings = [
        *_of_data(data, variables),
        *_of_locale(channel, locale, chosen),
        *(_of_segments(rendered.text, counted, f"content.{channel}.{chosen}.text")),
        *_of_parts(channel, chosen, content[channel][chosen]),
    ]
    return Preview(channel, chosen, rendered, counted, warnings)


def _of_data(data: Mapping[str, Any], variables: Collection[str]) -> Iterator[Warning]:
    for name in sorted(data.keys() - set(variables))[:NAMED_CHARACTERS]:
        detail = "the template has no such variable: a notification with it is refused"
        yield Warning("unknown_variable", f"data.{name[:100]}", detail)


def _of_locale(channel: str, wanted: str, chosen: str) -> Iterator[Warning]:
    if wanted and wanted != DEFAULT and chosen == DEFAULT:
        detail = f"{channel} has no content in this locale: default is used"
        yield Warning("default_locale", "locale", detail)


def _of_segments(text: str, counted: Segments | None, field: str) -> Iterator[Warning]:
    if counted is None:
        return
    if counted.encoding == "ucs2":
        outside = "".join(dict.fromkeys(c for c in text if c not in GSM7))[:NAMED_CHARACTERS]
        detail = f"outside the GSM alphabet: {outside} — a segment holds 70 characters, not 160"
        yield Warning("sms_ucs2", field, detail)
    if counted.count > 1:
        yield Warning("sms_segments", field, f"{counted.count} segments: each is billed")


def _of_parts(channel: str, locale: str, parts: Mapping[str, str]) -> Iterator[Warning]:
    if channel == Channel.EMAIL and "text" not in parts:
        field = f"content.{channel}.{locale}.text"
        yield Warning("text_made_of_html", field, "no text part: it is made from the HTML")
