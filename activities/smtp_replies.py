"""Bytes of a mail server to whole replies, however the packets are cut. RFC 5321, section 4.2.

The rule a newcomer would break: behind a reply that cannot be read nothing can be told apart any
more, so it is the last one.
"""

from typing import NamedTuple

from aiosmtplib import SMTPResponseException

MAX_LINE = 8192  # bytes; the standard allows 512
MAX_LINES = 100  # of one reply
UNREADABLE = -1  # as aiosmtplib has it: no code, so nothing is definite
CODES = {b"%d" % code: code for code in range(200, 600)}


class Reply(NamedTuple):
    """One reply; the lines of what it says are parted by line feeds."""

    code: int
    said: bytes

    @property
    def text(self) -> str:
        """What it says, as far as it can be read."""
        return self.said.decode(errors="replace")

    def error(self) -> SMTPResponseException:
        """As what aiosmtplib would raise for it."""
        return SMTPResponseException(self.code, self.text)


class Replies:
    """What came so far; `feed` gives back the replies that it completes."""

    def __init__(self) -> None:
        self._rest = b""  # of a line
        self._code = 0  # of a reply that has begun
        self._lines: list[bytes] = []

    @property
    def partial(self) -> bool:
        """Has a reply begun that has not ended?"""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are whole now; one with the code -1 is the last of all."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        replies: list[Reply] = []
        for line in lines:
            line = line.rstrip()
            code, mark = CODES.get(line[:3], UNREADABLE), line[3:4]
            wrong = mark not in (b" ", b"-", b"") or (self._lines and code != self._code)
            if code == UNREADABLE or wrong or len(line) > MAX_LINE:
                return [*replies, unreadable(line)]
            self._lines.append(line[4:])
            self._code = code
            if mark == b"-":
                if len(self._lines) == MAX_LINES:
                    return [*replies, unreadable(line)]
            else:
                replies.append(Reply(code, b"\n".join(self._lines)))
                self._lines = []
        if len(self._rest) > MAX_LINE:
            replies.append(unreadable(self._rest))
        return replies


def unreadable(line: bytes) -> Reply:
    """For what is no reply, with the beginning of it."""
    return Reply(UNREADABLE, b"unreadable: " + line[:100])
