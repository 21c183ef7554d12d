"""The variables of an audience's row: as many and as large as one notification's, within a line."""

from typing import Any

import orjson

from models.errors import Invalid
from models.rendering.data import check_data

MOST_VARIABLES = 200
MOST_BYTES = 131_072  # a line of 64 KiB, with every character escaped


def written(value: Any) -> str:
    """The variables as JSON; Invalid says what is wrong with them, never a value."""
    if not value and (value is None or isinstance(value, dict)):
        return "{}"
    plain = _plainly(value)
    if plain is None:
        check_data(value)
        plain = orjson.dumps(value)
    if len(value) > MOST_VARIABLES:
        raise _invalid("too_many_variables", f"{len(value)} variables", MOST_VARIABLES)
    if len(plain) > MOST_BYTES:
        raise _invalid("data_too_large", f"{len(plain)} bytes of JSON", MOST_BYTES)
    return plain.decode()


def _plainly(value: Any) -> bytes | None:
    """Texts alone, as all that is in a CSV: nothing to check but that they can be stored."""
    if not isinstance(value, dict) or not all(type(each) is str for each in value.values()):
        return None
    try:
        found = orjson.dumps(value)
    except orjson.JSONEncodeError:
        return None
    return None if rb"\u0000" in found else found


def _invalid(reason: str, found: str, limit: int) -> Invalid:
    return Invalid(f"{found}; at most {limit}", field="data", limit=limit, reason=reason)
