"""What passes between `deliver` and a vendor. Standard library only.

None of it crosses Temporal: bodies and vendor texts stay out of histories. What does cross
(`models.selection`, `models.decision`, `models.workflow_start`) holds ids, counts and times.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

CALL_DEADLINE = timedelta(seconds=10)  # one vendor call, connect to last byte
LEASE = timedelta(seconds=60)  # how long a claim keeps others away


class Channel(StrEnum):
    """A way to reach a person."""

    EMAIL = "email"
    SMS = "sms"
    TELEGRAM = "telegram"
    WEBHOOK = "webhook"


class Verdict(StrEnum):
    """What one vendor call did to one message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # definitely not sent, and trying again cannot help
    RETRY = "retry"  # definitely not sent, try later or elsewhere
    SPLIT = "split"  # definitely not sent, one of the batch is bad: try smaller ones
    UNKNOWN = "unknown"  # may have been sent: settled by the vendor's class, then the category


class Scope(StrEnum):
    """What an outcome is about: it decides who pays for it."""

    RECIPIENT = "recipient"  # refused: suppress the address; retry: this message waits
    CONTENT = "content"  # refused: fail this message; retry: this message waits
    ACCOUNT = "account"  # refused or retry: close the account for a while, the next one takes over


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message to one contact. `id` is `<owner id>.<seq>`, on every attempt.

    `request_key` is `id`, with a suffix `.r<n>` for each re-send after an unknown outcome: what a
    vendor that honours keys must see as a new request.
    """

    id: str
    channel: Channel
    to: str
    text: str = ""  # plain text: the SMS, Telegram's HTML subset, an email's text part, JSON
    html: str = ""  # email only
    subject: str = ""  # email only
    sender: str = ""  # address or number; empty: the account's own
    request_key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # email only


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one message, with what the vendor called it."""

    verdict: Verdict
    vendor_id: str = ""
    scope: Scope = Scope.CONTENT
    after: timedelta | None = None  # the vendor's own delay
    reason: str = ""  # a short stable word for timelines: "http_429", "smtp_550", "timeout"
    detail: str = ""  # the vendor's words; goes to the attempt row, nowhere else
    candidates: tuple[str, ...] = ()  # of a look-up: every listed id that may be the message's


# Never handed over: back to the queue at once.
RELEASED = Outcome(Verdict.RETRY, after=timedelta(), reason="released")
