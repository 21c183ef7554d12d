"""The parts of one message in one locale, compiled, and the messages that data make of them.

Kept by the parts' sources, so that a content read anew, or changed, is never mistaken for another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.errors import Invalid
from models.messages import Channel
from models.rendering.escaping import Escaping
from models.rendering.plain_text import plain_text
from models.rendering.sendable import SENDABLE
from models.rendering.templates import Template, compile_template

SMALL_SOURCES = 16 * 1024  # characters of all parts; larger ones take so long that this is nothing
# In the order in which they are rendered, and in which the first wrong one is named.
PARTS: dict[Channel, dict[str, Escaping]] = {
    Channel.EMAIL: {
        "subject": Escaping.HEADER,
        "html": Escaping.HTML,
        "text": Escaping.TEXT,
    },
    Channel.SMS: {"text": Escaping.TEXT},
    Channel.TELEGRAM: {"text": Escaping.TELEGRAM},
    Channel.WEBHOOK: {"body": Escaping.JSON},
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's parts; `html` and `subject` are empty for all but email, `text` may be JSON."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its path in the content, its template, and what its output must pass."""

    field: str
    source: str
    template: Template
    sendable: Callable[[str, str], str] | None

    def render(self, data: Mapping[str, Any]) -> str:
        """The part as it is sent; Invalid has its path."""
        try:
            text = self.template.render(data)
            return text if self.sendable is None else self.sendable(text, self.source)
        except Invalid as error:
            error.field = self.field
            raise


@dataclass(frozen=True, slots=True)
class Prepared:
    """What every message of one content, channel and locale has alike."""

    subject: Part | None
    html: Part | None
    text: Part | None

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """One message; Invalid names the part and what is wrong with it."""
        subject = self.subject.render(data) if self.subject else ""
        html = self.html.render(data) if self.html else ""
        return Rendered(subject, html, self.text.render(data) if self.text else plain_text(html))


def prepared(channel: str, locale: str, parts: Mapping[str, str]) -> Prepared:
    """The same one again while it is kept; Invalid for a part that does not compile."""
    sources = (parts.get("subject"), parts.get("html"), parts.get("text", parts.get("body")))
    size = sum(len(source) for source in sources if source is not None)
    return (_kept if size <= SMALL_SOURCES else _prepare)(channel, locale, *sources)


def _prepare(
    channel: str, locale: str, subject: str | None, html: str | None, text: str | None
) -> Prepared:
    named = {"subject": subject, "html": html, "text": text, "body": text}
    made = {
        name: _part(Channel(channel), locale, name, source)
        for name in PARTS[Channel(channel)]
        if (source := named[name]) is not None
    }
    return Prepared(made.get("subject"), made.get("html"), made.get("text", made.get("body")))


_kept = lru_cache(maxsize=256)(_prepare)  # at most some 4 MiB of sources


def _part(channel: Channel, locale: str, name: str, source: str) -> Part:
    field = f"content.{channel}.{locale}.{name}"
    template = compile_template(source, PARTS[channel][name], field)
    return Part(field, source, template, SENDABLE.get((channel, name)))
