"""An email's text part made from its HTML, where the author wrote none.

No pattern here may look back: the standard library's HTML parser takes milliseconds for a usual
email and minutes for a hostile one. A megabyte takes at most some 100 ms.
"""

import re
from html import unescape

MAX_TAGS = 100_000  # that are read, then the text ends; who writes more writes the text part too
WITHOUT_TEXT = {"head", "script", "style", "title"}
BLOCKS = "br div h1 h2 h3 h4 h5 h6 hr p table tr ul ol"
BREAKS = {mark + name: "\n" for name in BLOCKS.split() for mark in ("", "/")} | {"li": "\n- "}
TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*+|[!?/])([^<>]*+)>")
LINK = re.compile(r"\shref\s*=\s*[\"']?(https?://[^\"'\s>]{1,2000})", re.IGNORECASE)
SPACES = re.compile(r"\s+")
# What our own escaping writes, but for &amp;.
ESCAPED = {"&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'"}
EMPTY_LINES = re.compile(r"\n{3,}")


def plain_text(html: str) -> str:
    """The words of an email, a line for each block, links behind their words in < >."""
    words, *tags = _split(SPACES.sub(" ", _without_comments(html)))
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
        if tag in ("a", "/a"):
            pieces.append(f" <{link}>" if link else "")
            found = LINK.search(attributes)
            link = found[1] if found else ""
        pieces.append(BREAKS.get(tag, ""))
        pieces.append(words)
    lines = _unescaped("".join(pieces)).replace("\xa0", " ").split("\n")
    return EMPTY_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


def _split(html: str) -> list[str]:
    """Words, then a tag's name, its attributes and the words after it, again and again."""
    parts = TAG.split(html, MAX_TAGS)
    parts[-1] = TAG.split(parts[-1], 1)[0]
    return parts


def _unescaped(text: str) -> str:
    """As `unescape`, which takes long for each entity: most are those that escaping made."""
    for entity, character in ESCAPED.items():
        text = text.replace(entity, character)
    return "&".join(map(unescape, text.split("&amp;")))


def _without_comments(html: str) -> str:
    first, *others = html.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)
