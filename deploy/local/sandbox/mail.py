"""A received mail's subject, text, HTML and Message-ID, however badly it is formed."""

from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message


@dataclass(frozen=True, slots=True)
class Mail:
    """What the mailbox shows of a mail. `key` is the local part of its Message-ID."""

    key: str
    subject: str
    text: str
    html: str


def parse(content: bytes) -> Mail:
    """Never raises: what cannot be decoded is shown with replacement characters."""
    message = message_from_bytes(content)
    bodies = {"text/plain": "", "text/html": ""}
    for part in message.walk():
        kind = part.get_content_type()
        if kind in bodies and not bodies[kind] and part.get_filename() is None:
            bodies[kind] = _decoded(part)
    return Mail(
        key=_header(message, "Message-ID").strip("<> \t\r\n").rpartition("@")[0],
        subject=_header(message, "Subject"),
        text=bodies["text/plain"],
        html=bodies["text/html"],
    )


def _header(message: Message, name: str) -> str:
    raw = message.get(name, "")
    try:
        value = str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        value = str(raw)
    return " ".join(value.split())


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):  # a multipart that calls itself text
        return ""
    try:
        text = payload.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # an alphabet that nobody knows
        text = payload.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")
