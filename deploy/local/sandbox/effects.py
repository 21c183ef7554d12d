"""An effect: one message that a vendor really accepted, one line of the journal.

Lines written by an older build are read by this one: fields are only added, with defaults.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

BODY_BYTES = 64 * 1024  # of each body; the SHA-256 speaks for the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One message to one recipient. `n` and `at` are given by the journal."""

    n: int = 0  # running number, from 1
    at: float = 0.0  # unix seconds when it was accepted
    vendor: str  # smtp, twilio, telegram, sendgrid or webhook
    account: str  # user name, account SID, bot id, public half of the API key, part of the URL
    to: str
    vendor_id: str
    key: str = ""  # our message id or request key, as it came
    sender: str = ""
    subject: str = ""
    text: str = ""  # what the recipient reads, cut to BODY_BYTES
    html: str = ""  # the same
    text_sha256: str = ""  # of the whole, in UTF-8; empty for an empty body
    html_sha256: str = ""
    fault: str | None = None  # the fault that was applied around it
    answered: bool = True  # False: a fault kept the answer from the sender


def sealed(effect: Effect, n: int, at: float) -> Effect:
    """The effect as its line will say it: numbered, bodies hashed, then cut to BODY_BYTES."""
    text, text_sha256 = _body(effect.text)
    html, html_sha256 = _body(effect.html)
    return replace(
        effect,
        subject=_body(effect.subject)[0],
        text=text,
        html=html,
        text_sha256=text_sha256,
        html_sha256=html_sha256,
        n=n,
        at=at,
    )


def _body(text: str) -> tuple[str, str]:
    """The start of a text and the SHA-256 of all of it; a lone surrogate becomes a `?`."""
    if not text:
        return "", ""
    whole = text.encode("utf-8", "replace")
    return whole[:BODY_BYTES].decode("utf-8", "ignore"), sha256(whole).hexdigest()
