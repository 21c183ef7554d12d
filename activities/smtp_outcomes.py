"""What an error in an SMTP transaction means, by its stage and its reply.

The rule a newcomer would break: a reply from 400 to 599 is definite at every stage, after the
final dot too; once the content has left, anything else may have been sent.
"""

import re
from enum import IntEnum

from aiosmtplib import SMTPResponseException, SMTPServerDisconnected

from activities.vendor_words import words_of
from models.errors import TidingsError
from models.messages import Outcome, Scope, Verdict

SERVICE_CLOSES = 421
LOG_IN_CODES = (530, 534, 535, 538)
MAILBOX_CODES = (550, 551, 553)  # what they are about when RCPT has no enhanced code
ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
QUEUED_AS = re.compile(r"\b(?:queued as|id=)\s*<?([\w.-]+)", re.IGNORECASE)


class Stage(IntEnum):
    """How far a transaction came. Nothing has left before BODY."""

    BUILD = 0
    WAIT = 1  # for a free connection
    CONNECT = 2  # greeting, EHLO, STARTTLS and AUTH as well
    MAIL = 3
    RCPT = 4
    DATA = 5
    BODY = 6  # the content has left, or a part of it


def is_definite(code: int) -> bool:
    """A malformed reply has the code -1, or a number that SMTP does not know."""
    return 400 <= code <= 599


def accepted(text: str) -> Outcome:
    """For the text of a 250, which may say the queue's id."""
    found = QUEUED_AS.search(text)
    return Outcome(Verdict.ACCEPTED, vendor_id=found[1] if found else text)


def from_error(error: Exception, stage: Stage, *, own_sender: bool) -> Outcome:
    """The outcome; `own_sender`: the message brought the sender, it is not the account's."""
    detail = words_of(error)
    match error:
        case SMTPResponseException(code=code, message=message) if is_definite(code):
            return from_reply(code, message, stage, own_sender=own_sender)
        case _ if stage is Stage.BODY:
            return Outcome(Verdict.UNKNOWN, reason=_trouble(error), detail=detail)
        case TidingsError(reason=reason):
            return Outcome(Verdict.REFUSED, reason=reason, detail=detail)
        case _ if stage is Stage.CONNECT:
            reason = "connect_timeout" if isinstance(error, TimeoutError) else "connect_failed"
            return Outcome(Verdict.RETRY, scope=Scope.ACCOUNT, reason=reason, detail=detail)
        case _ if stage is Stage.BUILD:
            return Outcome(Verdict.REFUSED, reason="not_built", detail=detail)
        case ValueError():  # aiosmtplib does not put it into a command
            scope = Scope.RECIPIENT if stage is Stage.RCPT else Scope.CONTENT
            return Outcome(Verdict.REFUSED, scope=scope, reason="bad_address", detail=detail)
    reason = "no_free_connection" if stage is Stage.WAIT else _trouble(error)
    return Outcome(Verdict.RETRY, reason=reason, detail=detail)


def from_reply(code: int, text: str, stage: Stage, *, own_sender: bool) -> Outcome:
    """A definite reply: not sent, and this is who pays for it."""
    reason, detail = f"smtp_{code}", f"{code} {text}"
    if code in LOG_IN_CODES:
        return Outcome(Verdict.REFUSED, scope=Scope.ACCOUNT, reason=reason, detail=detail)
    if code == SERVICE_CLOSES or stage is Stage.CONNECT:
        return Outcome(Verdict.RETRY, scope=Scope.ACCOUNT, reason=reason, detail=detail)
    if code < 500:
        scopes = {Stage.MAIL: Scope.ACCOUNT, Stage.RCPT: Scope.RECIPIENT}
        scope = scopes.get(stage, Scope.CONTENT)
        return Outcome(Verdict.RETRY, scope=scope, reason=reason, detail=detail)
    scope = _refused_scope(code, text, stage, own_sender=own_sender)
    return Outcome(Verdict.REFUSED, scope=scope, reason=reason, detail=detail)


def _refused_scope(code: int, text: str, stage: Stage, *, own_sender: bool) -> Scope:
    found = ENHANCED.match(text)
    subject, detail = (int(found[2]), int(found[3])) if found else (0, 0)
    sender = Scope.CONTENT if own_sender else Scope.ACCOUNT
    match subject, detail:
        case (3, 4) | (2, 3):  # too large
            return Scope.CONTENT
        case _ if stage is Stage.MAIL and code != 552:  # 552: too large, in older words
            return sender
        case 1, (7 | 8):  # the sender's address
            return sender
        case (1, _) | (2, 1):  # no such mailbox, or disabled
            return Scope.RECIPIENT
        case 0, 0 if stage is Stage.RCPT and code in MAILBOX_CODES:
            return Scope.RECIPIENT
    return Scope.CONTENT


def _trouble(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, SMTPServerDisconnected | OSError):
        return "disconnected"
    return "unreadable_answer"
