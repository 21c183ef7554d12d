"""A row of an audience: checked, and either kept or refused with its line, field and reason.

A refusal never says what was in the field: that is an address, or somebody's name.
"""

from collections.abc import Mapping
from typing import Any

from models import person_fields as fields
from models.audience_addresses import one_form
from models.audience_data import written
from models.errors import Invalid
from models.messages import Channel
from models.person_fields import Refusal

FIELDS = ("to", "id", "name", "locale", "time_zone", "data")

# line, address, external_id, name, locale, time_zone, data as JSON: the columns of `audience_row`.
Row = tuple[int, str, str, str, str, str, str]


def checked(channel: Channel, line: int, raw: Mapping[str, Any]) -> Row | Refusal:
    """The row as it is stored, or why not. Fields that are empty or null were not given."""
    try:
        return row(channel, line, raw)
    except Invalid as error:
        return Refusal(line, error.field or "", error.reason, str(error))


def row(channel: Channel, line: int, raw: Mapping[str, Any]) -> Row:
    """The row as it is stored; Invalid names the field, and the limit if there is one."""
    return (
        line,
        _address(channel, raw.get("to")),
        fields.identifier("id", raw.get("id")),
        fields.name(raw.get("name")),
        fields.locale(raw.get("locale")),
        fields.time_zone(raw.get("time_zone")),
        written(raw.get("data")),
    )


def _address(channel: Channel, value: Any) -> str:
    if type(value) is int and channel is Channel.TELEGRAM:
        value = str(value)
    address = fields.plain_text("to", value)
    if not address:
        raise fields.wrong("to", "to_missing", "no address")
    return one_form(channel, address, "to")
