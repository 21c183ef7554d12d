"""Whether a rendered part can arrive at all: what a vendor would refuse is refused at acceptance.

Each check gives back the part as it is sent; Invalid has a reason, and a limit if there is one.
They take the template's source too, to tell the line where it can be known.
"""

import re
from collections.abc import Callable

from models.messages import Channel
from models.rendering.json_text import sendable_json
from models.rendering.refusal import refusal
from models.rendering.telegram import sendable_telegram

MAX_SUBJECT = 998  # characters; a line of RFC 5322
MAX_SMS = 1600  # characters; what the vendors take
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def sendable_subject(text: str, _source: str) -> str:
    """As it is; reasons: subject_empty, subject_too_long."""
    if not text.strip():
        raise refusal("subject_empty", "the subject is empty")
    if len(text) > MAX_SUBJECT:
        detail = f"{len(text)} characters; at most {MAX_SUBJECT}"
        raise refusal("subject_too_long", detail, limit=MAX_SUBJECT)
    return text


def sendable_sms(text: str, _source: str) -> str:
    """Without control characters but line breaks; reasons: sms_empty, sms_too_long."""
    text = CONTROL.sub("", text)
    if not text.strip():
        raise refusal("sms_empty", "no text is left to send")
    if len(text) > MAX_SMS:
        detail = f"{len(text)} characters; at most {MAX_SMS}"
        raise refusal("sms_too_long", detail, limit=MAX_SMS)
    return text


SENDABLE: dict[tuple[Channel, str], Callable[[str, str], str]] = {
    (Channel.EMAIL, "subject"): sendable_subject,
    (Channel.SMS, "text"): sendable_sms,
    (Channel.TELEGRAM, "text"): sendable_telegram,
    (Channel.WEBHOOK, "body"): sendable_json,
}
