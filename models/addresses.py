"""Addresses in their one form, by channel: what is stored, suppressed and compared.

Errors name the shape that was found, never the address.
"""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from models import webhook_urls
from models.errors import Invalid
from models.messages import Channel

PHONE = re.compile(r"\+\d[\d ().\-\u2010-\u2015]*")
SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")  # Unicode's, but the usual one
TELEGRAM = re.compile(r"-?[1-9]\d{0,18}|@[A-Za-z]\w{3,31}", re.ASCII)
TELEGRAM_BITS = 52  # of a chat id: https://core.telegram.org/bots/api#chat
LONGEST = 320
SHORTEST_PHONE = len("+1234567")


def normalise(channel: Channel, address: str, field: str) -> str:
    """The address in its one form; Invalid names `field`, a reason and the shape wanted."""
    if channel is Channel.SMS:
        address = SPACES.sub(" ", address)  # they are pasted between the groups of a number
    longest = webhook_urls.LONGEST if channel is Channel.WEBHOOK else LONGEST
    if not address.isprintable() or len(address) > longest:
        raise Invalid(
            f"{len(address)} characters, control characters not allowed; at most {longest}",
            field=field,
            limit=longest,
            reason="address_invalid",
        )
    return {
        Channel.EMAIL: _email,
        Channel.SMS: _phone,
        Channel.TELEGRAM: _chat,
        Channel.WEBHOOK: _url,
    }[channel](address.strip(), field)


def _email(address: str, field: str) -> str:
    try:
        # Not every mail server takes other letters before the @; domains have an ASCII form.
        found = validate_email(
            address, check_deliverability=False, strict=True, allow_smtputf8=False
        )
        return found.ascii_email or found.normalized
    except EmailNotValidError as error:
        # The validator's words may quote a part of the address: only its shape is told.
        local, at, _ = address.rpartition("@")
        shape = "not a valid local part or domain"
        if not at or not local.isascii():
            shape = "letters beyond ASCII before the @" if at else "no @"
        raise Invalid(
            f"not an email address ({shape}); want name@example.com",
            field=field,
            reason="email_invalid",
        ) from error


def _phone(address: str, field: str) -> str:
    shape = "want E.164: + and 7 to 15 digits, such as +4915112345678"
    # The parser also reads vanity letters and drops extensions: both would be somebody else.
    if not PHONE.fullmatch(address):
        raise Invalid(f"digits and separators only; {shape}", field=field, reason="phone_invalid")
    try:
        number = phonenumbers.parse(address, None)
    except phonenumbers.NumberParseException as error:
        raise Invalid(
            f"not a phone number; {shape}", field=field, reason="phone_invalid"
        ) from error
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(number) or len(written) < SHORTEST_PHONE:
        raise Invalid(
            f"not a possible phone number in +{number.country_code}; {shape}",
            field=field,
            reason="phone_invalid",
        )
    return written


def _chat(address: str, field: str) -> str:
    if not TELEGRAM.fullmatch(address):
        raise Invalid(
            "not a Telegram chat; want a numeric chat id or @channelname",
            field=field,
            reason="telegram_invalid",
        )
    if not address.startswith("@") and abs(int(address)) >= 2**TELEGRAM_BITS:
        raise Invalid(
            f"not a Telegram chat; an id has at most {TELEGRAM_BITS} bits",
            field=field,
            limit=2**TELEGRAM_BITS - 1,
            reason="telegram_invalid",
        )
    return address


def _url(address: str, field: str) -> str:
    return webhook_urls.target(address, field, webhook_urls.private_hosts()).url
