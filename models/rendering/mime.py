"""An email as bytes, written by hand: the `email` package takes milliseconds a message.

Pure but for the date. Lines end in CRLF and are within 998 bytes; Invalid for what no header holds.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from time import time

from models.errors import Invalid
from models.messages import Message

MAX_LINE = 900  # bytes; RFC 5322 allows 998
MAX_ADDRESS = 400  # characters, with its name
WORD_BYTES = 39  # in base64 a line of less than 76, as RFC 2047 wants
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
ADDRESS = re.compile(r"(?:(?P<name>[^<>]*)<)?(?P<address>[!-~]+@[!-~]+)(?(name)>)")
USUAL = re.compile(r"[A-Za-z0-9._+-]++@[A-Za-z0-9.-]++")  # most: read at once
SPECIAL = re.compile(r"[<>,;:\"()\[\]\\]")
READABLE = bytes({*b"\t\n", *range(0x20, 0x7F), *range(0x80, 0x100)})
# What we write ourselves, and what would add recipients.
OURS = {"from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "mime-version"}


def mime(message: Message, domain: str, sender: str, *, eight_bit: bool = False) -> bytes:
    """The message, with the same Message-ID on every attempt.

    `sender` (an address, or "Name <address>") is used where the message has none. `eight_bit`: the
    server takes 8BITMIME, so that texts in any script go as they are. Invalid names the header:
    header_control_character, header_name, header_too_long, address_not_supported.
    """
    return _skeleton(domain, message.sender or sender).fill(message, eight_bit=eight_bit)


class Skeleton:
    """What all messages from one sender have alike, and the messages made of it."""

    __slots__ = ("domain", "sender")

    def __init__(self, domain: str, sender: str) -> None:
        self.domain = domain
        self.sender = _address("From", sender)

    def fill(self, message: Message, *, eight_bit: bool) -> bytes:
        """A message in full."""
        head = (
            f"From: {self.sender}\r\nTo: {_address('To', message.to)}\r\n"
            f"Subject: {_text('Subject', message.subject)}\r\nDate: {_date(int(time()))}\r\n"
            f"Message-ID: {_text('Message-ID', f'<{message.id}@{self.domain}>')}\r\n"
        )
        for name, value in message.headers.items():
            write = _writer(name)
            head += f"{name}: {write(name, value)}\r\n"
        return b"".join((head.encode(), b"MIME-Version: 1.0\r\n", *_body(message, eight_bit)))


_skeleton = lru_cache(maxsize=256)(Skeleton)


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _body(message: Message, eight_bit: bool) -> tuple[bytes, ...]:
    if not message.html:
        return _part("plain", message.text, eight_bit)
    if not message.text:
        return _part("html", message.html, eight_bit)
    # "=_" can be in no encoded part, and a part that could hold the boundary is encoded.
    boundary = f"=_{message.id}".encode()[:70]
    delimiter = b"--%b\r\n" % boundary
    return (
        b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n' % boundary,
        delimiter,
        *_part("plain", message.text, eight_bit),
        delimiter,
        *_part("html", message.html, eight_bit),
        b"--%b--\r\n" % boundary,
    )


def _part(kind: str, text: str, eight_bit: bool) -> tuple[bytes, ...]:
    """Headers and body: as it is if it may be, quoted-printable if ASCII, else base64."""
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise Invalid("not valid Unicode", field=kind, reason="body_not_unicode") from None
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = content.removesuffix(b"\n").split(b"\n")
    ascii_ = text.isascii()
    readable = (ascii_ or eight_bit) and not content.translate(None, READABLE)
    if readable and b"--=_" not in content and max(map(len, lines)) <= MAX_LINE:
        return _headers(kind, "7bit" if ascii_ else "8bit"), b"\r\n".join(lines), b"\r\n"
    if readable and ascii_:
        quoted = b2a_qp(b"\n".join(lines), istext=True).replace(b"\n", b"\r\n")
        return _headers(kind, "quoted-printable"), quoted, b"\r\n"
    return _headers(kind, "base64"), _base64(b"\r\n".join(lines))


@lru_cache
def _headers(kind: str, encoding: str) -> bytes:
    content_type = f"Content-Type: text/{kind}; charset=utf-8\r\n"
    return f"{content_type}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()


def _base64(content: bytes) -> bytes:
    line = b64encode(content)
    lines = [line[i : i + 76] for i in range(0, len(line), 76)]
    return b"\r\n".join([*lines, b""])


@lru_cache(maxsize=256)
def _writer(name: str) -> Callable[[str, str], str]:
    """What writes this header's values."""
    lower = name.lower()
    if not TOKEN.fullmatch(name) or lower in OURS or lower.startswith("content-"):
        raise Invalid("not a header that can be added", field=name[:50], reason="header_name")
    return _address if lower == "reply-to" else _text


def _text(name: str, value: str) -> str:
    """A header's value: as it is, or as the encoded words of RFC 2047."""
    plain = value.isascii() and "=?" not in value and value == value.strip()
    if plain and value.isprintable() and len(name) + len(value) <= MAX_LINE:
        return value
    if CONTROL.search(value):
        detail = "a line break or another control character"
        raise Invalid(detail, field=name[:50], reason="header_control_character")
    if plain and name != "Subject":
        raise Invalid("too long", field=name, limit=MAX_LINE, reason="header_too_long")
    return "\r\n ".join(_words(value))


def _words(value: str) -> Iterator[str]:
    """Encoded words, none of which ends within a character."""
    left = value.encode()
    while left:
        end = WORD_BYTES
        while end < len(left) and left[end] & 0xC0 == 0x80:
            end -= 1
        yield f"=?utf-8?b?{b64encode(left[:end]).decode()}?="
        left = left[end:]


def _address(name: str, value: str) -> str:
    """One address in ASCII, maybe behind a name in any script."""
    if len(value) <= MAX_ADDRESS and USUAL.fullmatch(value):
        return value
    found = ADDRESS.fullmatch(value) if len(value) <= MAX_ADDRESS else None
    if not found or SPECIAL.search(found["address"]):
        detail = "one address in ASCII, or a name and the address in < >"
        raise Invalid(detail, field=name, reason="address_not_supported")
    _text(name, value)  # refuses control characters, also those between quotes
    shown = (found["name"] or "").strip().removeprefix('"').removesuffix('"')
    if not shown:
        return found["address"]
    if not shown.isascii() or "=?" in shown:
        return f"{_text(name, shown)} <{found['address']}>"
    return '"{}" <{}>'.format(shown.replace("\\", "\\\\").replace('"', '\\"'), found["address"])
