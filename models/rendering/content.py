"""What a template version or an inline content says, per channel and locale, and rendering it.

The shape is what is stored: {"email": {"default": {"subject": …, "html": …, "text": …}, "de": …}}.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import Invalid
from models.messages import Channel
from models.rendering.escaping import Escaping
from models.rendering.locales import DEFAULT, LOCALE, MAX_LOCALES, locale_for
from models.rendering.prepared import PARTS, Prepared, Rendered, prepared
from models.rendering.templates import compile_template

__all__ = ["Content", "Prepared", "Rendered", "check", "prepare", "render", "sources"]

Parts = Mapping[str, str]
Content = Mapping[str, Mapping[str, Parts]]

MAX_WEIGHT = 20_000  # of all templates together: a second of compiling


def check(content: Content) -> frozenset[str]:
    """Check the shape and compile every part; gives back all names of data they read.

    Invalid's `field` is the path of the part: content.email.default.html.
    """
    _check_shape(content)
    variables: set[str] = set()
    weight = 0
    for field, source, escaping in sources(content):
        template = compile_template(source, escaping, field)
        variables |= template.variables
        weight += template.weight
        if weight > MAX_WEIGHT:
            detail = f"all parts together have more than {MAX_WEIGHT} names and signs"
            raise _invalid(field, "content_too_complex", detail, MAX_WEIGHT)
    return frozenset(variables)


def render(content: Content, channel: str, locale: str, data: Mapping[str, Any]) -> Rendered:
    """One message of a checked content; Invalid names the part and what is wrong with it.

    What comes back can be sent: nothing that a vendor is known to refuse.
    """
    return prepare(content, channel, locale).render(data)


def prepare(content: Content, channel: str, locale: str) -> Prepared:
    """What `render` needs of a checked content, for many messages; Invalid as `render` raises."""
    if channel not in content:
        raise _invalid(f"content.{channel}", "content_missing", "no content for this channel")
    locales = content[channel]
    chosen = locale_for(locales, locale)
    return prepared(channel, chosen, locales[chosen])


def sources(content: Content) -> Iterator[tuple[str, str, Escaping]]:
    """Every part: its path, its text, and for where it is escaped."""
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
    if not parts.keys() - {"subject"}:
        needed = "text" if "text" in PARTS[channel] else "body"
        words = "html, text or both" if channel is Channel.EMAIL else f"a {needed}"
        raise _invalid(f"{field}.{needed}", "content_missing", f"{channel} needs {words}")


def _check_object(value: object, field: str) -> None:
    if not isinstance(value, Mapping) or not value:
        raise _invalid(field, "content_missing", "an object that is not empty")
    if not all(isinstance(key, str) for key in value):
        raise _invalid(field, "content_unknown", "a name that is not a text")


def _invalid(field: str, reason: str, detail: str, limit: int | None = None) -> Invalid:
    return Invalid(detail, field=field, reason=reason, limit=limit)
