"""What SendGrid refuses. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors

The first rule that is broken refuses the whole call, however many recipients it has.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from deploy.local.sandbox.calls import Answer, Refused

PERSONALIZATIONS = 1000
RECIPIENTS = 1000
RECIPIENT_FIELDS = ("to", "cc", "bcc")
SUBSTITUTIONS_BYTES = 10_000
HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"


def failure(
    status: int,
    message: str,
    field: str | None = None,
    anchor: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """SendGrid's form of an error."""
    link = f"{HELP}#{anchor}" if anchor else None
    errors = [{"message": message, "field": field, "help": link}]
    return Answer(status, {"errors": errors}, headers or {})


def check(mail: Mapping[str, Any]) -> None:
    """Everything that is checked before a mail is taken."""
    people = mail.get("personalizations")
    if not isinstance(people, list) or not people:
        message = "The personalizations field is required and must have at least one."
        refuse(message, "personalizations")
    if len(people) > PERSONALIZATIONS:
        refuse(
            "The personalization block is limited to 1000 personalizations per API request."
            f" You have provided {len(people)} personalizations. Please consider splitting this"
            " into multiple requests and resending your request.",
            "personalizations",
        )
    for place, person in enumerate(people):
        check_person(person, f"personalizations.{place}")
    check_recipients(people)
    check_sender(mail)
    check_subject(mail, people)
    check_content(mail)


def check_person(person: Any, field: str) -> None:
    """One personalization: its recipients and its substitutions."""
    if not isinstance(person, dict) or not isinstance(person.get("to"), list) or not person["to"]:
        refuse(
            "The to array is required for all personalization objects, and must have at least"
            " one email object with a valid email address.",
            f"{field}.to",
        )
    for kind in RECIPIENT_FIELDS:
        for place, recipient in enumerate(person.get(kind) or ()):
            if not is_address(recipient):
                refuse("Does not contain a valid address.", f"{field}.{kind}.{place}.email")
    check_substitutions(person.get("substitutions") or {}, f"{field}.substitutions")


def check_substitutions(substitutions: Mapping[str, Any], field: str) -> None:
    """Strings only, and not too long together."""
    if not all(isinstance(value, str) for value in substitutions.values()):
        refuse("The substitution values must be strings.", field)
    length = sum(len(tag.encode()) + len(text.encode()) for tag, text in substitutions.items())
    if length > SUBSTITUTIONS_BYTES:
        refuse("The substitutions are limited to 10000 bytes per personalization object.", field)


def check_recipients(people: Sequence[Mapping[str, Any]]) -> None:
    """Each address once, and not too many."""
    seen: set[str] = set()
    total = 0
    for place, person in enumerate(people):
        for recipient in (r for kind in RECIPIENT_FIELDS for r in person.get(kind) or ()):
            address = recipient["email"].casefold()
            if address in seen:
                refuse(
                    "Each unique email address in the personalizations array should only be"
                    f" included once. You have included [{recipient['email']}] more than once.",
                    f"personalizations.{place}",
                )
            seen.add(address)
            total += 1
    if total > RECIPIENTS:
        message = "There is a limit of 1000 total recipients (to + cc + bcc) per request."
        refuse(message, "personalizations")


def check_sender(mail: Mapping[str, Any]) -> None:
    """There must be one, with an address."""
    if not is_address(mail.get("from")):
        refuse(
            "The from object must be provided for every email send. It is an object that"
            " requires the email parameter, but may also contain a name parameter.",
            "from.email",
        )


def check_subject(mail: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> None:
    """One for all, or one for each."""
    if not mail.get("subject") and not all(person.get("subject") for person in people):
        refuse("The subject is required.", "subject", "message.subject")


def check_content(mail: Mapping[str, Any]) -> None:
    """At least one part, none of them empty, plain text first."""
    content = mail.get("content")
    if not isinstance(content, list) or not content:
        message = "Unless a valid template_id is provided, the content parameter is required."
        refuse(message, "content")
    for place, part in enumerate(content):
        value = part.get("value") if isinstance(part, dict) else None
        if not isinstance(value, str) or not value or not isinstance(part.get("type"), str):
            message = "The content value must be a string at least one character in length."
            refuse(message, f"content.{place}.value")
    if "text/plain" in [part["type"] for part in content[1:]]:
        refuse("If present, text/plain must be the first content part.", "content")


def is_address(value: Any) -> bool:
    """Whether it is an object with an address that SendGrid would take."""
    address = value.get("email") if isinstance(value, dict) else None
    if not isinstance(address, str) or any(c.isspace() for c in address):
        return False
    local, _, domain = address.rpartition("@")
    return bool(local and domain) and local.casefold() != "invalid"


def refuse(message: str, field: str, anchor: str | None = None) -> NoReturn:
    """Refuse with 400; the help points to the field's part of the page."""
    raise Refused(failure(400, message, field, anchor or f"message.{field}"))
