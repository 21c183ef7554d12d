"""The subset of HTML that Telegram reads. https://core.telegram.org/bots/api#html-style

Telegram refuses the whole message for one tag it does not know, and so does this.
"""

from html.parser import HTMLParser

TAGS = frozenset(
    {"a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "span", "strike"}
    | {"strong", "tg-emoji", "tg-spoiler", "u"}
)


class Unparsable(Exception):
    """Telegram's words on what is wrong."""


def plain(source: str) -> str:
    """The text without its tags, entities resolved.

    Raises:
        Unparsable: an unknown tag, or one that is not closed in order.
    """
    reader = _Reader()
    reader.feed(source)
    reader.close()
    if reader.open:
        raise Unparsable(f'Can\'t find end tag corresponding to start tag "{reader.open[-1]}"')
    return "".join(reader.parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Unparsable(f'Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Unparsable(f'Unmatched end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
