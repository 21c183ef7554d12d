"""A mail server that keeps no mail: RFC 5321 with PIPELINING (RFC 2920), 8BITMIME and SIZE.

Commands may come in any pieces, behind one another and behind a body; replies keep their order.
"""

from tests.bench.sink_books import Books, Peer

OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 26214400\r\n"
OK = b"250 2.0.0 Ok\r\n"
TAKEN = b"250 2.0.0 Ok: queued as %X\r\n"
BYE = b"221 2.0.0 Bye\r\n"
GO_ON = b"354 End data with <CR><LF>.<CR><LF>\r\n"
NO_SENDER = b"503 5.5.1 MAIL first\r\n"
NO_RECIPIENT = b"554 5.5.1 No valid recipients\r\n"
BAD_ADDRESS = b"501 5.1.3 Bad address\r\n"
UNKNOWN = b"500 5.5.2 Unknown command\r\n"
TOO_LONG = b"500 5.5.2 Line too long\r\n"
END = b"\r\n.\r\n"
LONGEST_LINE = 4096


class SmtpPeer(Peer):
    """One session: a sender, then recipients, then a body, and so on."""

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        self.at = 0
        self.rest = b""  # of a command; in a body, the bytes its end may have begun with
        self.in_body = self.leaving = False
        self.body_size = 0
        self.has_sender = False
        self.recipients: list[bytes] = []
        self.commands = {
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"EHLO": self._ehlo,
            b"HELO": self._rset,
            b"NOOP": self._noop,
            b"QUIT": self._quit,
        }

    def greet(self) -> None:
        self.transport.write(b"220 sink ESMTP\r\n")

    def take(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        self.at = 0
        replies = []
        while not self.leaving:
            reply = self._body(data) if self.in_body else self._command(data)
            if reply is None:
                break
            replies.append(reply)
        self.rest = data[self.at :]
        if not self.in_body and len(self.rest) > LONGEST_LINE:
            replies.append(TOO_LONG)
            self.leaving = True
        if replies:
            self.transport.write(b"".join(replies))
        if self.leaving:
            self.transport.close()

    def _body(self, data: bytes) -> bytes | None:
        """The reply to a body that is whole; of one that is not, only the last bytes are kept."""
        end = data.find(END, self.at)
        if end < 0:
            keep = max(self.at, len(data) - len(END) + 1)
            self.body_size += keep - self.at
            self.at = keep
            return None
        self.body_size += end - self.at
        self.at = end + len(END)
        self.books.add(self.recipients, self.body_size)
        self.in_body = self.has_sender = False
        self.recipients = []
        return TAKEN % self.books.messages

    def _command(self, data: bytes) -> bytes | None:
        end = data.find(b"\r\n", self.at)
        if end < 0:
            return None
        line = data[self.at : end]
        command = self.commands.get(line[:4].upper())
        reply = command(line) if command else UNKNOWN
        # The line's own end may be the beginning of the body's.
        self.at = end if self.in_body else end + 2
        return reply

    def _ehlo(self, line: bytes) -> bytes:
        self._rset(line)
        return OFFERS

    def _noop(self, line: bytes) -> bytes:
        return OK

    def _quit(self, line: bytes) -> bytes:
        self.leaving = True
        return BYE

    def _rset(self, line: bytes) -> bytes:
        self.has_sender = False
        self.recipients = []
        return OK

    def _mail(self, line: bytes) -> bytes:
        self.recipients = []
        self.has_sender = b"<" in line and b">" in line  # <> is a sender too
        return OK if self.has_sender else BAD_ADDRESS

    def _rcpt(self, line: bytes) -> bytes:
        if not self.has_sender:
            return NO_SENDER
        address = line[line.find(b"<") + 1 : line.find(b">")]
        if b"@" not in address:
            return BAD_ADDRESS
        self.recipients.append(address)
        return OK

    def _data(self, line: bytes) -> bytes:
        if not self.recipients:
            return NO_RECIPIENT if self.has_sender else NO_SENDER
        self.in_body = True
        self.body_size = 0
        return GO_ON
