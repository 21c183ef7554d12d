"""Twilio's message creation and SendGrid's mail/send, as far as our adapters look at the answers.

https://www.twilio.com/docs/messaging/api/message-resource
https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from urllib.parse import unquote_to_bytes

import orjson

from tests.bench.sink_books import Books, Peer

CREATED = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 62\r\n\r\n"
    b'{"sid":"SM%032x","status":"queued"}'
)
TAKEN = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink-%x\r\nContent-Length: 0\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
NOT_UNDERSTOOD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LONGEST_HEAD = 65536
# JSON without blanks, as adapters write it; inside of a string its quotes would be escaped.
TO = b'"to":[{"email":"'
TO_BRACKET = TO.index(b"[")


class HttpPeer(Peer):
    """One kept connection; requests may come in any pieces and behind one another."""

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        self.pieces: list[bytes] = []
        self.size = 0
        self.need = 0  # bytes until the request at the front is whole, once that is known
        self.closing = False

    def take(self, data: bytes) -> None:
        if self.pieces:
            self.pieces.append(data)
            self.size += len(data)
            if self.size < self.need:
                return
            data = b"".join(self.pieces)
        at, answers = 0, []
        while whole := self._next(data, at):
            head, start, at = whole
            answers.append(self._answer(head, data, start, at))
        rest = data[at:]
        self.pieces, self.size = [rest] if rest else [], len(rest)
        if answers:
            self.transport.write(b"".join(answers))
        if self.closing:
            self.transport.write(NOT_UNDERSTOOD)
            self.transport.close()

    def _next(self, data: bytes, at: int) -> tuple[bytes, int, int] | None:
        """The head of the next whole request, where its body begins and where it ends."""
        self.need = 0
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            self.closing = len(data) - at > LONGEST_HEAD
            return None
        head, start = data[at : end + 2], end + 4
        length = _content_length(head)
        if length is None:
            self.closing = True
            return None
        if len(data) < start + length:
            self.need = start + length - at
            return None
        return head, start, start + length

    def _answer(self, head: bytes, data: bytes, start: int, end: int) -> bytes:
        line = head[: head.find(b"\r\n")]
        if line.startswith(b"POST ") and b"/Messages.json " in line:
            to = _form_to(data[start:end])
            if not to:
                return BAD
            self.books.add([to], end - start)
            return CREATED % self.books.messages
        if line.startswith(b"POST /v3/mail/send "):
            addresses = _fast_tos(data, start, end) or _slow_tos(data[start:end])
            if not addresses:
                return BAD
            self.books.add(addresses, end - start)
            return TAKEN % self.books.messages
        return NOT_FOUND


def _content_length(head: bytes) -> int | None:
    """None where the body's length is not said."""
    at = head.find(b"Content-Length: ")
    if at < 0:
        head = head.lower()
        at = head.find(b"content-length: ")
    if at < 0:
        return 0 if head[:4].upper() == b"GET " else None
    value = head[at + 16 : head.find(b"\r\n", at)]
    return int(value) if value.isdigit() else None


def _form_to(body: bytes) -> bytes:
    start = 3 if body.startswith(b"To=") else body.find(b"&To=") + 4
    if start == 3 and not body.startswith(b"To="):
        return b""
    end = body.find(b"&", start)
    to = body[start:] if end < 0 else body[start:end]
    return unquote_to_bytes(to.replace(b"+", b" ")) if b"%" in to or b"+" in to else to


def _fast_tos(data: bytes, start: int, end: int) -> list[bytes]:
    """The address of each personalization without reading the rest; [] where that is not certain.

    A single byte that text seldom has is by far the fastest thing to look for.
    """
    addresses = []
    at = data.find(b"[", start, end)
    while at >= 0:
        after = at + 1
        if data.startswith(TO, at - TO_BRACKET):
            first = at - TO_BRACKET + len(TO)
            after = data.find(b'"', first, end)
            if after < 0 or not data.startswith(b'"}]', after):
                return []  # a name, or several addresses
            addresses.append(data[first:after])
        at = data.find(b"[", after, end)
    return addresses


def _slow_tos(body: bytes) -> list[bytes]:
    try:
        personalizations = orjson.loads(body)["personalizations"]
        return [to["email"].encode() for each in personalizations for to in each["to"]]
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError):
        return []
