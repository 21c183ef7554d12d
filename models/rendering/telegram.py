"""Telegram's subset of HTML, as it is when rendered: it refuses a whole message for one wrong tag.

https://core.telegram.org/bots/api#html-style. No pattern here may look back: an author's text may
be long. Details name a tag only if the author wrote it: it may come from the data.
"""

import re
from html import unescape

from models.errors import Invalid
from models.rendering.parsing import line_at
from models.rendering.refusal import refusal

MAX_UNITS = 4096  # UTF-16 units after Telegram has read tags and entities
MAX_MARKUP = 65_536  # characters before that; what 4,096 units may need, many times over
TAGS = frozenset(
    {"a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "span", "strike"}
    | {"strong", "tg-emoji", "tg-spoiler", "tg-time", "u"}
)
# What a tag is nothing without.
NEEDED = {
    "span": re.compile(r"\sclass\s*=\s*[\"']?tg-spoiler(?![\w-])", re.IGNORECASE),
    "tg-emoji": re.compile(r"\semoji-id\s*=\s*[\"']?[0-9]", re.IGNORECASE),
    "tg-time": re.compile(r"\sunix\s*=\s*[\"']?[0-9]", re.IGNORECASE),
}
VALUE = r"\"[^\"]*+\"|'[^']*+'|[a-zA-Z0-9.-]++(?![^\s>])"
ATTRIBUTE = rf"\s++[^\s=<>\"'/]++(?:\s*+=\s*+(?:{VALUE}))?+"
TAG = re.compile(rf"<(/?+)([a-zA-Z][a-zA-Z0-9-]*+)((?:{ATTRIBUTE})*+)\s*+>")
WRITTEN = re.compile(r"</?+[^\s<>]{0,40}")


def sendable_telegram(text: str, source: str) -> str:
    """As it is; reasons of a refusal: telegram_html, telegram_empty, telegram_too_long.

    `source` is the template, so that the line and the tag can be told where they are its own.
    """
    if len(text) > MAX_MARKUP:
        raise _too_long(f"{len(text)} characters with tags and entities; at most", MAX_MARKUP)
    words = _without_tags(text, source)
    if not words.strip():
        raise refusal("telegram_empty", "no text is left to send")
    if len(words) * 2 > MAX_UNITS:
        units = len(unescape(words).encode("utf-16-le")) // 2
        if units > MAX_UNITS:
            raise _too_long(f"{units} UTF-16 units; at most", MAX_UNITS)
    return text


def _without_tags(text: str, source: str) -> str:
    words: list[str] = []
    waiting: list[re.Match[str]] = []  # for their end
    end = 0
    while (at := text.find("<", end)) >= 0:
        tag = TAG.match(text, at)
        if tag is None:
            raise _refused(
                "is not one whole tag that Telegram reads (a < is &lt;)", text, at, source
            )
        if fault := _fault(tag, waiting):
            raise _refused(fault, text, at, source)
        words.append(text[end:at])
        end = tag.end()
    if waiting:
        raise _refused("is not closed", text, waiting[-1].start(), source)
    return "".join(words) + text[end:]


def _fault(tag: re.Match[str], waiting: list[re.Match[str]]) -> str:
    """What is wrong with a tag, or nothing; keeps `waiting`."""
    closing, name, attributes = tag[1], tag[2].lower(), tag[3]
    if name not in TAGS:
        return "is no tag that Telegram knows"
    if closing:
        if not waiting or waiting.pop()[2].lower() != name or attributes:
            return "closes what was not opened last"
        return ""
    if name in NEEDED and not NEEDED[name].search(attributes):
        return "lacks the attribute that Telegram wants"
    waiting.append(tag)
    return ""


def _refused(fault: str, text: str, at: int, source: str) -> Invalid:
    found = WRITTEN.match(text, at)
    written = found[0] if found else "<"
    if written not in source:
        return refusal("telegram_html", f"a tag made of the data {fault}")
    shown = f"{written}>" if len(written) > 1 else written
    if source.count(written) == 1:
        line = line_at(source, source.index(written))
        return refusal("telegram_html", f"{shown} {fault}", line=line)
    return refusal("telegram_html", f"{shown} {fault}: line {line_at(text, at)} as rendered")


def _too_long(detail: str, limit: int) -> Invalid:
    return refusal("telegram_too_long", f"{detail} {limit}", limit=limit)
