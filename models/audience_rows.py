"""A row of an audience: checked, and either kept or refused with its line, field and reason.

A refusal never says what was in the field: that is an address, or somebody's name.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from models.audience_addresses import one_form
from models.audience_data import written
from models.errors import Invalid
from models.messages import Channel

FIELDS = ("to", "id", "name", "locale", "time_zone", "data")
LONGEST = 200  # of an id and a name
ONE_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*")
LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
LONGEST_LOCALE = 35
WORD = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)

# line, address, external_id, name, locale, time_zone, data as JSON: the columns of `audience_row`.
Row = tuple[int, str, str, str, str, str, str]


class Refusal(NamedTuple):
    """Why a line is not in the audience; `field` is empty where it is the line as a whole."""

    line: int
    field: str
    reason: str
    detail: str


def checked(channel: Channel, line: int, raw: Mapping[str, Any]) -> Row | Refusal:
    """The row as it is stored, or why not. Fields that are empty or null were not given."""
    try:
        return (
            line,
            _address(channel, raw.get("to")),
            _id(raw.get("id")),
            _name(raw.get("name")),
            _locale(raw.get("locale")),
            _time_zone(raw.get("time_zone")),
            written(raw.get("data")),
        )
    except Invalid as error:
        return Refusal(line, error.field or "", error.reason, str(error))


def _address(channel: Channel, value: Any) -> str:
    if type(value) is int and channel is Channel.TELEGRAM:
        value = str(value)
    address = _text("to", value)
    if not address:
        raise _invalid("to", "to_missing", "no address")
    return one_form(channel, address)


def _id(value: Any) -> str:
    id = _text("id", str(value) if type(value) is int else value)
    if len(id) > LONGEST:
        raise _invalid("id", "too_long", f"{len(id)} characters; at most {LONGEST}")
    if "\0" in id:
        raise _invalid("id", "nul", "NUL characters cannot be stored")
    return id


def _name(value: Any) -> str:
    name = _text("name", value)
    if len(name) > LONGEST:
        raise _invalid("name", "too_long", f"{len(name)} characters; at most {LONGEST}")
    if not name.isprintable() and not ONE_LINE.fullmatch(name):
        raise _invalid("name", "not_one_line", "line breaks or control characters in it")
    return name


def _locale(value: Any) -> str:
    locale = _text("locale", value)
    if locale and (len(locale) > LONGEST_LOCALE or not LOCALE.fullmatch(locale)):
        raise _invalid("locale", "locale_invalid", "not a locale, such as de or pt-BR")
    return locale.replace("_", "-")


def _time_zone(value: Any) -> str:
    name = _text("time_zone", value)
    if name and name not in _time_zones():
        detail = "not a time zone of the IANA database, such as Europe/Berlin"
        raise _invalid("time_zone", "unknown_time_zone", detail)
    return name


def _text(field: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _invalid(field, "not_a_text", "want a text")
    return value


def _invalid(field: str, reason: str, detail: str) -> Invalid:
    return Invalid(detail, field=field, reason=reason)


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    """By their names: the system's folder also holds what only this machine means by it."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
