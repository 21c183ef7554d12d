"""Twilio's Message resource. https://www.twilio.com/docs/messaging/api/message-resource

Any credentials will do, as long as they are Basic and of that account. Twilio's own test numbers
have their meaning (https://www.twilio.com/docs/iam/test-credentials):

* To   +15005550001 invalid (21211), …0002 cannot be routed (21612), …0003 region not permitted
  (21408), …0004 opted out (21610), …0009 not a mobile (21614)
* From +15005550001 invalid (21212), …0007 not ours (21606), …0008 queue full (429, 21611)
"""

import re
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn

from aiohttp import web

from deploy.local.sandbox.calls import RETRY_AFTER, Answer, Call, Refused, endpoint
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import Fault
from deploy.local.sandbox.twilio_messages import listing, resource

PATH = "/2010-04-01/Accounts/{sid}/Messages.json"
BODY_CHARACTERS = 1600
NUMBER = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")
MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number cannot currently be reached via SMS."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number +15005550001 is not a valid phone number."),
    "+15005550007": (21606, "The 'From' phone number is not a valid, SMS-capable Twilio number."),
}
QUEUE_FULL_FROM = "+15005550008"


def error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Twilio's form of an error."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return Answer(status, body, headers or {})


UNAUTHORIZED = error(401, 20003, "Authenticate", {"WWW-Authenticate": 'Basic realm="Twilio API"'})
ERRORS = {
    Fault.REFUSE: error(400, 21211, "The 'To' number is not a valid phone number."),
    Fault.REFUSE_ACCOUNT: UNAUTHORIZED,
    Fault.BUSY: error(429, 20429, "Too Many Requests", RETRY_AFTER),
    Fault.UNAVAILABLE: error(503, 20503, "Service Unavailable"),
    Fault.ERROR_BEFORE: error(500, 20500, "Internal Server Error"),
    Fault.ERROR_AFTER: error(500, 20500, "Internal Server Error"),
}


def routes(desk: Desk) -> list[web.RouteDef]:
    """Send a message; list what was sent."""

    async def list_messages(request: web.Request) -> web.Response:
        try:
            account = authenticated(request)
        except Refused as refused:
            return refused.answer.response()
        await desk.journal.append([])  # what is being written would be missing from the list
        try:
            page = listing(desk.journal, account, request.query)
        except (ValueError, OverflowError):
            return error(400, 20001, "Invalid date format").response()
        return Answer(200, page).response()

    return [
        web.post(PATH, endpoint(desk, "twilio", ERRORS, read)),
        web.get(PATH, list_messages),
    ]


async def read(request: web.Request) -> Call:
    """The call that a request makes, if Twilio would take it."""
    account = authenticated(request)
    form = {name: str(value) for name, value in (await request.post()).items()}
    check(form)
    to, sender = form["To"], form.get("From") or form["MessagingServiceSid"]
    sid = f"SM{secrets.token_hex(16)}"
    effect = Effect(
        vendor="twilio",
        account=account,
        key=request.headers.get("Idempotency-Key", ""),
        to=to,
        vendor_id=sid,
        sender=sender,
        text=form["Body"],
    )
    message = resource(effect, datetime.now(UTC), status="queued")
    return Call(account, [effect], Answer(201, message))


def authenticated(request: web.Request) -> str:
    """The account SID of the path; an API key (SK…) may act for it."""
    sid = request.match_info["sid"]
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = b64decode(credentials, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        raise Refused(UNAUTHORIZED) from None
    if scheme.lower() != "basic" or not password or (user != sid and not user.startswith("SK")):
        raise Refused(UNAUTHORIZED)
    return sid


def check(form: Mapping[str, str]) -> None:
    """Twilio's own rules, in Twilio's order: recipient, sender, body."""
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        refuse(21604, "A 'To' phone number is required.")
    if not NUMBER.fullmatch(to):
        refuse(21211, f"The 'To' number {to} is not a valid phone number.")
    if to in MAGIC_TO:
        refuse(*MAGIC_TO[to])
    check_sender(sender, form.get("MessagingServiceSid", ""))
    if not body:
        refuse(21602, "Message body is required.")
    if len(body) > BODY_CHARACTERS:
        refuse(21617, "The concatenated message body exceeds the 1600 character limit.")


def check_sender(sender: str, service: str) -> None:
    """A number, a short code, an alphanumeric id, or a messaging service."""
    if sender in MAGIC_FROM:
        refuse(*MAGIC_FROM[sender])
    if sender == QUEUE_FULL_FROM:
        raise Refused(error(429, 21611, "This 'From' number has exceeded its queue of messages."))
    if not sender and not service:
        refuse(21603, "A 'From' phone number is required.")
    if sender.startswith("+") and not NUMBER.fullmatch(sender):
        refuse(21212, f"The 'From' number {sender} is not a valid phone number.")


def refuse(code: int, message: str) -> NoReturn:
    """Refuse with 400 and the code."""
    raise Refused(error(400, code, message))
