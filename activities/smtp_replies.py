"""Bytes of a mail server to whole replies, however the packets are cut. RFC 5321, section 4.2.

The rule a newcomer would break: behind a reply that cannot be read nothing can be told apart any
more, so it is the last one.
"""

from typing import NamedTuple

from aiosmtplib import SMTPResponseException

MAX_LINE = 8192  # bytes; the standard allows 512
MAX_LINES = 100  # of one reply
UNREADABLE = -1  # as aiosmtplib has it: no code, so nothing is definite
NO_HEAD = (UNREADABLE, False)
# How a line may begin: the code, and whether more lines follow.
HEADS = {
    b"%d%b" % (code, mark): (code, mark == b"-")
    for code in range(200, 600)
    for mark in (b" ", b"-", b"")
}


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
            code, more = HEADS.get(line[:4], NO_HEAD)
            if code == UNREADABLE or len(line) > MAX_LINE or not self._continues(code):
                return [*replies, unreadable(line)]
            said = line[4:]
            if more or self._lines:
                self._code = code
                self._lines.append(said)
                if more:
                    continue
                said = b"\n".join(self._lines)
                self._lines = []
            replies.append(Reply(code, said))
        if len(self._rest) > MAX_LINE:
            replies.append(unreadable(self._rest))
        return replies

    def _continues(self, code: int) -> bool:
        return not self._lines or (code == self._code and len(self._lines) < MAX_LINES)


def unreadable(line: bytes) -> Reply:
    """For what is no reply, with the beginning of it."""
    return Reply(UNREADABLE, b"unreadable: " + line[:100])
