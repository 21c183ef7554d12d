"""An email's text part made from its HTML, where the author wrote none.

No pattern here may look back: the standard library's HTML parser takes milliseconds for a usual
email and minutes for a hostile one. A megabyte takes at most some 100 ms.
"""

import re
from html import unescape

MAX_TAGS = 100_000  # that are read, then the text ends; who writes more writes the text part too
WITHOUT_TEXT = {"head", "script", "style", "title"}
BLOCKS = "br div h1 h2 h3 h4 h5 h6 hr p table tr ul ol"
LINKS = {"a", "/a"}
BREAKS = {mark + name: "\n" for name in BLOCKS.split() for mark in ("", "/")} | {"li": "\n- "}
TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*+|[!?/])([^<>]*+)>")
LINK = re.compile(r"\shref\s*=\s*[\"']?(https?://[^\"'\s>]{1,2000})", re.IGNORECASE)
ASCII_SPACES = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # of \s, but for the space
# What our own escaping writes, but for &amp;.
ESCAPED = {"&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'"}
FEW_ENTITIES = 20  # that the standard library reads faster than all of ours are replaced


def plain_text(html: str) -> str:
    """The words of an email, a line for each block, links behind their words in < >."""
    lines = _unescaped("".join(_pieces(html))).replace("\xa0", " ").split("\n")
    text = "\n".join(map(str.strip, lines))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _pieces(html: str) -> list[str]:
    words, *tags = _split(_spaced(_without_comments(html)))
    pieces = [words]
    inside = ""  # the element whose words nobody is to read
    link = ""
    for name, attributes, words in zip(tags[::3], tags[1::3], tags[2::3], strict=True):
        tag = name.lower()
        if inside and tag != "/" + inside:
            continue
        inside = tag if tag in WITHOUT_TEXT else ""
        if inside:
            continue
        if tag in BREAKS:
            pieces.append(BREAKS[tag])
        elif tag in LINKS:
            pieces.append(f" <{link}>" if link else "")
            found = LINK.search(attributes)
            link = found[1] if found else ""
        pieces.append(words)
    return pieces


def _spaced(html: str) -> str:
    """One space for each run of white space; a pattern takes five times as long."""
    if not html.isascii():
        return " ".join(f"<{html}>".split())[1:-1]
    for character in ASCII_SPACES:
        html = html.replace(character, " ")
    while "  " in html:
        html = html.replace("  ", " ")
    return html


def _split(html: str) -> list[str]:
    """Words, then a tag's name, its attributes and the words after it, again and again."""
    parts = TAG.split(html, MAX_TAGS)
    parts[-1] = TAG.split(parts[-1], 1)[0]
    return parts


def _unescaped(text: str) -> str:
    """As `unescape`, which takes long for each entity: most are those that escaping made."""
    if text.count("&") <= FEW_ENTITIES:
        return unescape(text)
    for entity, character in ESCAPED.items():
        text = text.replace(entity, character)
    return "&".join(map(unescape, text.split("&amp;")))


def _without_comments(html: str) -> str:
    if "<!--" not in html:
        return html
    first, *others = html.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)
