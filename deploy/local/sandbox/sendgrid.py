"""SendGrid's v3 mail/send. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

Any bearer key will do; the journal keeps its public half (`SG.<id>`). As the real one, it accepts
what will bounce; an address whose local part is `invalid` is refused (400), and the whole call
with it. Each recipient is an effect of its own, with the substitutions applied.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from aiohttp import web

from deploy.local.sandbox.calls import RETRY_AFTER, Answer, Call, Refused, endpoint, json_object
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import Fault
from deploy.local.sandbox.sendgrid_rules import RECIPIENT_FIELDS, check, failure

ERRORS = {
    Fault.REFUSE_ACCOUNT: failure(
        401, "The provided authorization grant is invalid, expired, or revoked"
    ),
    Fault.BUSY: failure(429, "too many requests", headers=RETRY_AFTER),
    Fault.UNAVAILABLE: failure(503, "Service Unavailable"),
    Fault.ERROR_BEFORE: failure(500, "Internal Server Error"),
    Fault.ERROR_AFTER: failure(500, "Internal Server Error"),
}


def routes(desk: Desk) -> list[web.RouteDef]:
    """The one call there is."""
    return [web.post("/v3/mail/send", endpoint(desk, "sendgrid", ERRORS, read))]


async def read(request: web.Request) -> Call:
    """The call that a request makes, if SendGrid would take it."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refused(ERRORS[Fault.REFUSE_ACCOUNT])
    mail = json_object(await request.read())
    if mail is None:
        raise Refused(failure(400, "Bad Request"))
    account = key.rpartition(".")[0] or key  # a key without a dot is none of SendGrid's
    vendor_id = secrets.token_urlsafe(16)
    try:
        check(mail)
        effects = list(effects_of(mail, account, vendor_id))
    except (AttributeError, KeyError, TypeError):  # a list where an object should be, and so on
        raise Refused(failure(400, "Bad Request")) from None
    answer = Answer(202, headers={"X-Message-Id": vendor_id})
    return Call(account, effects, answer, partial(refusal, mail["personalizations"]))


def refusal(people: Sequence[Mapping[str, Any]], to: str | None) -> Answer:
    """The refusal of a whole call that names the place of one recipient, or of the first."""
    places = (
        f"personalizations.{n}.{kind}.{m}.email"
        for n, person in enumerate(people)
        for kind in RECIPIENT_FIELDS
        for m, recipient in enumerate(person.get(kind) or ())
        if to in (None, recipient["email"])
    )
    return failure(400, "Does not contain a valid address.", next(places))


def effects_of(mail: Mapping[str, Any], account: str, vendor_id: str) -> Iterator[Effect]:
    """One for each recipient of each personalization, as that recipient sees it."""
    content = {part["type"]: part["value"] for part in mail["content"]}
    text, html = content.get("text/plain", ""), content.get("text/html", "")
    for person in mail["personalizations"]:
        fill = substituted(person.get("substitutions") or {})
        arguments = {**(mail.get("custom_args") or {}), **(person.get("custom_args") or {})}
        subject = fill(person.get("subject") or mail.get("subject") or "")
        person_text, person_html = fill(text), fill(html)
        for recipient in [r for field in RECIPIENT_FIELDS for r in person.get(field) or ()]:
            yield Effect(
                vendor="sendgrid",
                account=account,
                key=str(arguments.get("message", "")),
                to=recipient["email"],
                vendor_id=vendor_id,
                sender=mail["from"]["email"],
                subject=subject,
                text=person_text,
                html=person_html,
            )


def substituted(substitutions: Mapping[str, str]) -> Callable[[str], str]:
    """Replaces each tag by its value, in one pass: a tag inside a value stays."""
    if not substitutions:
        return str
    longest_first = sorted(substitutions, key=len, reverse=True)
    tags = re.compile("|".join(re.escape(tag) for tag in longest_first))
    return lambda text: tags.sub(lambda found: substitutions[found[0]], text)
