"""A piece of an upload as lines: those that are whole, and how much there is of the next one."""

from functools import cached_property

MOST_BYTES = 65_536  # of a line, and of the lines of one quoted CSV row
TOO_LONG = f"longer than {MOST_BYTES:,} bytes"


class Block:
    """Lines without their line feeds. With `last`, nothing follows: what has begun is whole."""

    def __init__(self, piece: bytes, *, last: bool) -> None:
        self.whole = piece if last else piece[: piece.rfind(b"\n") + 1]
        self.last = last
        self.begun = len(piece) - len(self.whole)
        self.lines = self.whole.split(b"\n")
        if not self.lines[-1]:  # after the final line feed
            self.lines.pop()

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def texts(self) -> list[str]:
        """The lines as texts; bytes that are no UTF-8 stand in them as lone surrogates."""
        return self.whole.decode("utf-8", "surrogateescape").split("\n")[: len(self.lines)]

    @cached_property
    def is_plain(self) -> bool:
        """UTF-8 without NUL characters?"""
        return b"\0" not in self.whole and is_utf8("".join(self.texts))

    def until(self, line: int) -> int:
        """How many bytes the lines before this one are, with their ends."""
        return min(sum(map(len, self.lines[:line])) + line, len(self.whole))


def is_utf8(text: str) -> bool:
    """Was it UTF-8 before `texts` made it a text?"""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return False
    return True
