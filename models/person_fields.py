"""What is known of a person, as uploads bring it: each field in its one form, or Invalid.

Errors name field and reason, never what was in the field: that is an address, or somebody's name.
"""

import re
from typing import Any, NamedTuple

from models import time_zones
from models.errors import Invalid

LONGEST = 200  # of an id and a name
ONE_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*")
LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
LONGEST_LOCALE = 35
WORD = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)


class Refusal(NamedTuple):
    """Why a line is not taken; `field` is empty where it is the line as a whole."""

    line: int
    field: str
    reason: str
    detail: str


def identifier(field: str, value: Any) -> str:
    """Somebody else's id for the person."""
    id = plain_text(field, str(value) if type(value) is int else value)
    if len(id) > LONGEST:
        raise wrong(field, "too_long", f"{len(id)} characters; at most {LONGEST}")
    if "\0" in id:
        raise wrong(field, "nul", "NUL characters cannot be stored")
    return id


def name(value: Any) -> str:
    """On one line, for it may end in a header."""
    found = plain_text("name", value)
    if len(found) > LONGEST:
        raise wrong("name", "too_long", f"{len(found)} characters; at most {LONGEST}")
    if not found.isprintable() and not ONE_LINE.fullmatch(found):
        raise wrong("name", "not_one_line", "line breaks or control characters in it")
    return found


def locale(value: Any) -> str:
    """With hyphens."""
    found = plain_text("locale", value)
    if found and (len(found) > LONGEST_LOCALE or not LOCALE.fullmatch(found)):
        raise wrong("locale", "locale_invalid", "not a locale, such as de or pt-BR")
    return found.replace("_", "-")


def time_zone(value: Any) -> str:
    """By its name."""
    found = plain_text("time_zone", value)
    if found and found not in time_zones.names():
        detail = "not a time zone of the IANA database, such as Europe/Berlin"
        raise wrong("time_zone", "unknown_time_zone", detail)
    return found


def plain_text(field: str, value: Any) -> str:
    """The text; null is none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(field, "not_a_text", "want a text")
    return value


def wrong(field: str, reason: str, detail: str, limit: int | None = None) -> Invalid:
    """What is wrong with a field."""
    return Invalid(detail, field=field, reason=reason, limit=limit)
