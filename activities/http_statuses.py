"""The table from HTTP status to outcome that all vendors share; theirs is looked at first.

The rule a newcomer would break: a 5xx other than 503 proves nothing, it may have been sent.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from models.messages import Outcome, Scope, Verdict

LONGEST_DELAY = timedelta(hours=1)  # asking again once an hour harms nobody
# Credentials, payment, or a wrong address: true of every message of the account.
ACCOUNT = (401, 402, 403, 404, 405, 407)
NOT_PROCESSED = (425, 429, 503)
# The request may have been read: a server gave up waiting, or has seen its key before.
AMBIGUOUS = (408, 409, 499)


def from_status(response: httpx.Response, size: int) -> Outcome:
    """What a status other than 2xx means for each message of a batch of `size`."""
    status = response.status_code
    reason, detail = f"http_{status}", f"{status}: {body_text(response)}"
    if status in ACCOUNT:
        return Outcome(Verdict.REFUSED, scope=Scope.ACCOUNT, reason=reason, detail=detail)
    if status in NOT_PROCESSED:
        after = retry_after(response)
        return Outcome(
            Verdict.RETRY, scope=Scope.ACCOUNT, after=after, reason=reason, detail=detail
        )
    if 400 <= status < 500 and status not in AMBIGUOUS:
        return refused(reason, detail, size)
    return Outcome(Verdict.UNKNOWN, reason=reason, detail=detail)


def refused(reason: str, detail: str, size: int) -> Outcome:
    """One message is at fault; in a batch it is not known which."""
    verdict = Verdict.REFUSED if size == 1 else Verdict.SPLIT
    return Outcome(verdict, reason=reason, detail=detail)


def retry_after(response: httpx.Response) -> timedelta | None:
    """The vendor's delay: seconds, with or without decimals, or a date; None if unreadable."""
    value = response.headers.get("retry-after", "").strip()
    try:
        if value.replace(".", "", 1).isdigit():
            return bounded(float(value))
        return bounded((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
        return None


def bounded(seconds: float) -> timedelta:
    """A vendor's delay in seconds, from none to an hour."""
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_DELAY.total_seconds()))


def body_text(response: httpx.Response) -> str:
    """The beginning of the body, whatever its charset claims to be."""
    return response.content[:4096].decode(errors="replace")
