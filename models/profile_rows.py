"""A line of a bulk upsert: what is said of one profile, in its one form, or why it is refused.

What a line does not name, or names as null, is not said: the profile keeps what it has.
"""

from collections.abc import Callable, Mapping
from typing import Any

from models import person_fields as fields
from models.audience_addresses import one_form
from models.errors import Invalid
from models.messages import Channel
from models.person_fields import Refusal

FIELDS = ("external_id", "name", "locale", "time_zone", "metadata", "contacts")
MOST_CONTACTS = 20
LEAST_RANK, MOST_RANK = 0, 1000
MOST_METADATA, LONGEST_KEY, LONGEST_VALUE = 20, 40, 500
USUAL_TIME_ZONE = "UTC"

Said = dict[str, Any]  # of FIELDS, those that were given, but the external_id
Row = tuple[int, str, Said]


def checked(line: int, raw: Mapping[str, Any]) -> Row | Refusal:
    """The line, the external id, and what is said; or why not."""
    try:
        return line, external_id(raw.get("external_id")), said(raw)
    except Invalid as error:
        return Refusal(line, error.field or "", error.reason, str(error))


def external_id(value: Any) -> str:
    """The caller's own id for the profile."""
    found = fields.identifier("external_id", value)
    if not found:
        raise fields.wrong("external_id", "external_id_missing", "no external_id")
    return found


def said(raw: Mapping[str, Any]) -> Said:
    """Each field that is given, in its one form; Invalid names the first that is wrong."""
    return {name: form(raw[name]) for name, form in FORMS.items() if raw.get(name) is not None}


def contact(value: Any, field: str = "", rank: int = 0) -> dict[str, Any]:
    """One contact, by itself or as `field` of something; `rank` unless it has one of its own."""
    if not isinstance(value, dict):
        raise fields.wrong(field, "not_an_object", "want channel, address and rank")
    if any(name not in ("channel", "address", "rank") for name in value):
        raise fields.wrong(field, "unknown_field", "there are channel, address, rank")
    within = f"{field}." if field else ""
    channel = _channel(value.get("channel"), f"{within}channel")
    address = value.get("address")
    if type(address) is int and channel is Channel.TELEGRAM:
        address = str(address)
    address = fields.plain_text(f"{within}address", address)
    given = value.get("rank")
    return {
        "channel": channel.value,
        "address": one_form(channel, address, f"{within}address"),
        "rank": rank if given is None else _rank(given, f"{within}rank"),
    }


def contacts(value: Any) -> list[dict[str, Any]]:
    """All of them, ranked by their order unless they say otherwise; no address twice."""
    if not isinstance(value, list):
        raise fields.wrong("contacts", "not_a_list", "want a list")
    if len(value) > MOST_CONTACTS:
        detail = f"{len(value)} contacts; at most {MOST_CONTACTS}"
        raise fields.wrong("contacts", "too_many", detail, MOST_CONTACTS)
    found = [contact(each, f"contacts.{n}", n) for n, each in enumerate(value)]
    first: dict[tuple[str, str], int] = {}
    for n, each in enumerate(found):
        same = first.setdefault((each["channel"], each["address"]), n)
        if same != n:
            detail = f"the same address as contacts.{same}"
            raise fields.wrong(f"contacts.{n}.address", "contact_twice", detail)
    return found


def metadata(value: Any) -> dict[str, str]:
    """Texts by name."""
    if not isinstance(value, dict):
        raise fields.wrong("metadata", "not_an_object", "want an object of texts")
    if len(value) > MOST_METADATA:
        detail = f"{len(value)} entries; at most {MOST_METADATA}"
        raise fields.wrong("metadata", "too_many", detail, MOST_METADATA)
    for n, (key, text) in enumerate(value.items()):
        if not isinstance(text, str):
            raise fields.wrong("metadata", "not_a_text", f"the value of entry {n + 1} is no text")
        if not 1 <= len(key) <= LONGEST_KEY or len(text) > LONGEST_VALUE:
            detail = f"entry {n + 1}: keys of 1 to {LONGEST_KEY} characters, texts to"
            raise fields.wrong("metadata", "too_long", f"{detail} {LONGEST_VALUE}", LONGEST_VALUE)
        if "\0" in key + text:
            raise fields.wrong("metadata", "nul", "NUL characters cannot be stored")
    return value


def _channel(value: Any, field: str) -> Channel:
    try:
        return Channel(value)
    except ValueError:
        detail = f"there are {', '.join(Channel)}"
        raise fields.wrong(field, "unknown_channel", detail) from None


def _rank(value: Any, field: str) -> int:
    if type(value) is not int or not LEAST_RANK <= value <= MOST_RANK:
        detail = f"want a whole number from {LEAST_RANK} to {MOST_RANK}"
        raise fields.wrong(field, "rank_invalid", detail, MOST_RANK)
    return value


FORMS: dict[str, Callable[[Any], Any]] = {
    "name": fields.name,
    "locale": fields.locale,
    "time_zone": lambda value: fields.time_zone(value) or USUAL_TIME_ZONE,
    "metadata": metadata,
    "contacts": contacts,
}
