"""An email as bytes, written by hand: the `email` package takes milliseconds a message.

Pure but for the date. Lines end in CRLF and are within 998 bytes; Invalid for what no header holds.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from models.errors import Invalid
from models.messages import Message

MAX_LINE = 900  # bytes; RFC 5322 allows 998
MAX_ADDRESS = 400  # characters, with its name
WORD_BYTES = 39  # in base64 a line of less than 76, as RFC 2047 wants
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
ADDRESS = re.compile(r"(?:(?P<name>[^<>]*)<)?(?P<address>[!-~]+@[!-~]+)(?(name)>)")
SPECIAL = re.compile(r"[<>,;:\"()\[\]\\]")
# What we write ourselves, and what would add recipients.
OURS = {"from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "mime-version"}


def mime(message: Message, domain: str, sender: str) -> bytes:
    """The message, with the same Message-ID on every attempt.

    `sender` (an address, or "Name <address>") is used where the message has none. Invalid names
    the header: header_control_character, header_name, header_too_long, address_not_supported.
    """
    headers = {
        "From": _address("From", message.sender or sender),
        "To": _address("To", message.to),
        "Subject": _text("Subject", message.subject),
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": _text("Message-ID", f"<{message.id}@{domain}>"),
    }
    for name, value in message.headers.items():
        write = _address if name.lower() == "reply-to" else _text
        headers[_name(name)] = write(name, value)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"MIME-Version: 1.0\r\n" + _body(message)


def _body(message: Message) -> bytes:
    if not message.html:
        return _part("plain", message.text)
    if not message.text:
        return _part("html", message.html)
    # "=_" can be in no encoded part, and a part that could hold the boundary is encoded.
    boundary = f"=_{message.id}".encode()[:70]
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n' % boundary,
            b"--%b\r\n%b" % (boundary, _part("plain", message.text)),
            b"--%b\r\n%b" % (boundary, _part("html", message.html)),
            b"--%b--\r\n" % boundary,
        )
    )


def _part(kind: str, text: str) -> bytes:
    """Headers and body: as it is if it may be, quoted-printable if ASCII, else base64."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if not text.isascii() or not text.replace("\n", "").replace("\t", "").isprintable():
        encoding = b"base64"
        body = _base64(kind, text.replace("\n", "\r\n"))
    elif "--=_" in text or max(map(len, text.split("\n"))) > MAX_LINE:
        encoding = b"quoted-printable"
        body = b2a_qp(text.encode(), istext=True).replace(b"\n", b"\r\n") + b"\r\n"
    else:
        encoding = b"7bit"
        body = text.encode().replace(b"\n", b"\r\n") + b"\r\n"
    return b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (
        kind.encode(),
        encoding,
        body,
    )


def _base64(kind: str, text: str) -> bytes:
    try:
        line = b64encode(text.encode())
    except UnicodeEncodeError:
        raise Invalid("not valid Unicode", field=kind, reason="body_not_unicode") from None
    return b"".join(line[i : i + 76] + b"\r\n" for i in range(0, len(line), 76))


def _name(name: str) -> str:
    lower = name.lower()
    if not TOKEN.fullmatch(name) or lower in OURS or lower.startswith("content-"):
        raise Invalid("not a header that can be added", field=name[:50], reason="header_name")
    return name


def _text(name: str, value: str) -> str:
    """A header's value: as it is, or as the encoded words of RFC 2047."""
    if CONTROL.search(value):
        detail = "a line break or another control character"
        raise Invalid(detail, field=name[:50], reason="header_control_character")
    if value.isascii() and "=?" not in value and value == value.strip():
        if len(value) <= MAX_LINE:
            return value
        if name != "Subject":
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
