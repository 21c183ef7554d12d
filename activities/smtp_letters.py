"""One message as SMTP has it: its envelope's commands, and its content with the final dot."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from activities.smtp_outcomes import Stage, from_error
from activities.smtp_pipeline import Pipeline
from models.errors import Invalid
from models.messages import Message, Outcome
from models.rendering.mime import mime

ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # and so no line break, blank, < or >


@dataclass(slots=True)
class Letter:
    """A message under way; `stage` says how far it came. Times are the loop's."""

    message: Message
    content: bytes
    sender: bytes
    recipient: bytes
    deadline: float
    half_time: float  # of its deadline
    write: Callable[[], bytes]  # the content anew, for any server
    stage: Stage = Stage.WAIT
    behind: bool = False  # its envelope was written behind another one's content
    stale: bool = False  # the kept connection it was to take had been closed

    def envelope(self, line: Pipeline) -> tuple[bytes, bytes, bytes]:
        """MAIL with what the server wants to know, RCPT and DATA."""
        if not line.takes_8bit and not self.content.isascii():
            self.content = self.write()  # for another server, or a line that lost the extension
        size = b" SIZE=%d" % len(self.content) if line.takes_size else b""
        body = b" BODY=8BITMIME" if line.takes_8bit and not self.content.isascii() else b""
        return (
            b"MAIL FROM:<%b>%b%b\r\n" % (self.sender, size, body),
            b"RCPT TO:<%b>\r\n" % self.recipient,
            b"DATA\r\n",
        )

    def stuffed(self) -> bytes:
        """The content, no line of which can be taken for the final dot, and that dot."""
        start = b"." if self.content.startswith(b".") else b""
        end = b".\r\n" if self.content.endswith(b"\r\n") else b"\r\n.\r\n"
        return b"".join((start, self.content.replace(b"\r\n.", b"\r\n.."), end))

    def outcome(self, error: Exception) -> Outcome:
        """What an error means at the stage it has come to."""
        return from_error(error, self.stage, own_sender=bool(self.message.sender))


@dataclass(slots=True)
class Desk:
    """Writes an account's letters; `seconds`: what an exchange may take."""

    domain: str
    sender: str
    seconds: float
    takes_8bit: bool = False  # the server that was met last

    def letter(self, message: Message, now: float) -> Letter:
        """Raises Invalid for what SMTP cannot carry."""
        sender = message.sender or self.sender
        return Letter(
            message,
            mime(message, self.domain, sender, eight_bit=self.takes_8bit),
            _address(sender),
            _address(message.to),
            deadline=now + self.seconds,
            half_time=now + self.seconds / 2,
            write=partial(mime, message, self.domain, sender),
        )


def _address(value: str) -> bytes:
    """Without the name in front; Invalid for what could be more than an address."""
    address = value.rpartition("<")[2].removesuffix(">")
    if not ADDRESS.fullmatch(address):
        raise Invalid("not an address", reason="address_not_supported")
    return address.encode()
