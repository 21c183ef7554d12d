"""What a template version or an inline content says, per channel and locale, and rendering it.

The shape is what is stored: {"email": {"default": {"subject": …, "html": …, "text": …}, "de": …}}.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from models.errors import Invalid
from models.messages import Channel
from models.rendering.escaping import Escaping
from models.rendering.plain_text import plain_text
from models.rendering.templates import Template, compile_template

Parts = Mapping[str, str]
Content = Mapping[str, Mapping[str, Parts]]

MAX_LOCALES = 50
MAX_WEIGHT = 20_000  # of all templates together: a second of compiling
MAX_SMS = 1600  # characters; what the vendors take
MAX_TELEGRAM = 4096  # UTF-16 units after Telegram has read the entities
DEFAULT = "default"
# As BCP 47 writes them: "de", "pt-BR", "zh-Hant-TW".
LOCALE = re.compile(r"default|[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
PARTS: dict[Channel, dict[str, Escaping]] = {
    Channel.EMAIL: {
        "subject": Escaping.HEADER,
        "html": Escaping.HTML,
        "text": Escaping.TEXT,
    },
    Channel.SMS: {"text": Escaping.TEXT},
    Channel.TELEGRAM: {"text": Escaping.TELEGRAM},
}
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's parts; `html` and `subject` are empty for all but email."""

    subject: str
    html: str
    text: str


def check(content: Content) -> frozenset[str]:
    """Check the shape and compile every part; gives back all names of data they read.

    Invalid's `field` is the path of the part: content.email.default.html.
    """
    _check_shape(content)
    variables: set[str] = set()
    weight = 0
    for field, source, escaping in _sources(content):
        template = compile_template(source, escaping, field)
        variables |= template.variables
        weight += template.weight
        if weight > MAX_WEIGHT:
            detail = f"all parts together have more than {MAX_WEIGHT} names and signs"
            raise _invalid(field, "content_too_complex", detail, MAX_WEIGHT)
    return frozenset(variables)


def locale_for(locales: Mapping[str, Parts], locale: str) -> str:
    """The locale to use: exactly that one, else its language ("pt-BR" → "pt"), else default."""
    while locale:
        if locale in locales:
            return locale
        locale = locale.rpartition("-")[0]
    return DEFAULT


def render(content: Content, channel: str, locale: str, data: Mapping[str, Any]) -> Rendered:
    """One message of a checked content; Invalid names the part and what is wrong with it."""
    if channel not in content:
        raise _invalid(f"content.{channel}", "content_missing", "no content for this channel")
    chosen = locale_for(content[channel], locale)
    field = f"content.{channel}.{chosen}."
    texts = {
        name: _render(content[channel][chosen][name], escaping, field + name, data)
        for name, escaping in PARTS[Channel(channel)].items()
        if name in content[channel][chosen]
    }
    if channel == Channel.EMAIL:
        html = texts.get("html", "")
        text = texts["text"] if "text" in texts else plain_text(html)
        return Rendered(texts["subject"], html, text)
    shorten = _sms if channel == Channel.SMS else _telegram
    return Rendered("", "", shorten(texts["text"], field + "text"))


def _render(source: str, escaping: Escaping, field: str, data: Mapping[str, Any]) -> str:
    template: Template = compile_template(source, escaping, field)
    try:
        return template.render(data)
    except Invalid as error:
        error.field = field
        raise


def _sms(text: str, field: str) -> str:
    """Without control characters but line breaks, and not too long to send."""
    text = CONTROL.sub("", text)
    if len(text) > MAX_SMS:
        detail = f"{len(text)} characters; at most {MAX_SMS}"
        raise _invalid(field, "sms_too_long", detail, MAX_SMS)
    return text


def _telegram(text: str, field: str) -> str:
    """Not longer than Telegram takes, as it counts: without tags, in UTF-16."""
    if len(text) * 2 > MAX_TELEGRAM:
        units = len(unescape(TAG.sub("", text)).encode("utf-16-le")) // 2
        if units > MAX_TELEGRAM:
            detail = f"{units} UTF-16 units; at most {MAX_TELEGRAM}"
            raise _invalid(field, "telegram_too_long", detail, MAX_TELEGRAM)
    return text


def _sources(content: Content) -> Iterator[tuple[str, str, Escaping]]:
    for channel, locales in content.items():
        for locale, parts in locales.items():
            for name, source in parts.items():
                field = f"content.{channel}.{locale}.{name}"
                yield field, source, PARTS[Channel(channel)][name]


def _check_shape(content: Content) -> None:
    _check_object(content, "content")
    for channel, locales in content.items():
        field = f"content.{channel[:50]}"
        if channel not in PARTS:
            raise _invalid(field, "content_unknown", f"channels are {', '.join(PARTS)}")
        _check_object(locales, field)
        if len(locales) > MAX_LOCALES:
            detail = f"{len(locales)} locales; at most {MAX_LOCALES}"
            raise _invalid(field, "content_too_complex", detail, MAX_LOCALES)
        if DEFAULT not in locales:
            raise _invalid(f"{field}.{DEFAULT}", "content_missing", "no default locale")
        for locale, parts in locales.items():
            _check_parts(Channel(channel), locale, parts, f"{field}.{locale[:50]}")


def _check_parts(channel: Channel, locale: str, parts: Parts, field: str) -> None:
    if not LOCALE.fullmatch(locale):
        raise _invalid(field, "content_unknown", 'a locale is "default", or like "de" or "pt-BR"')
    _check_object(parts, field)
    for name, source in parts.items():
        if name not in PARTS[channel]:
            detail = f"{channel} has {', '.join(PARTS[channel])}"
            raise _invalid(f"{field}.{name[:50]}", "content_unknown", detail)
        if not isinstance(source, str) or not source:
            raise _invalid(f"{field}.{name}", "content_missing", "a text that is not empty")
    if channel is Channel.EMAIL and "subject" not in parts:
        raise _invalid(f"{field}.subject", "content_missing", "an email has a subject")
    if "text" not in parts and "html" not in parts:
        needed = "html, text or both" if channel is Channel.EMAIL else "a text"
        raise _invalid(f"{field}.text", "content_missing", f"{channel} needs {needed}")


def _check_object(value: object, field: str) -> None:
    if not isinstance(value, Mapping) or not value:
        raise _invalid(field, "content_missing", "an object that is not empty")
    if not all(isinstance(key, str) for key in value):
        raise _invalid(field, "content_unknown", "a name that is not a text")


def _invalid(field: str, reason: str, detail: str, limit: int | None = None) -> Invalid:
    return Invalid(detail, field=field, reason=reason, limit=limit)
