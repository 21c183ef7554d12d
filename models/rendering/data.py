"""What data a caller may give to templates: JSON, 256 KiB, 6 levels. Checked once, at acceptance.

Rendering relies on it: data is a tree of plain values, so its printed size is bounded.
"""

from math import isfinite
from typing import Any

import orjson

from models.errors import Invalid

MAX_BYTES = 256 * 1024
MAX_DEPTH = 6
SCALARS = (str, int, float, bool, type(None))
STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def check_data(data: object, field: str = "data") -> None:
    """Invalid names the limit and the shape found, never a value.

    Reasons: data_not_an_object, data_not_json, data_too_deep, data_too_large, data_nul.
    """
    if not isinstance(data, dict):
        raise _invalid(field, "data_not_an_object", "data is not an object")
    depth = _depth(data, field)
    if depth > MAX_DEPTH:
        detail = f"data is {depth} levels deep; at most {MAX_DEPTH}"
        raise _invalid(field, "data_too_deep", detail, MAX_DEPTH)
    try:
        written = orjson.dumps(data, option=STRICT)
    except orjson.JSONEncodeError:  # integers over 64 bits, lone surrogates
        raise _invalid(
            field, "data_not_json", "data holds a number or a text out of range"
        ) from None
    if len(written) > MAX_BYTES:
        detail = f"data is {len(written)} bytes of JSON; at most {MAX_BYTES}"
        raise _invalid(field, "data_too_large", detail, MAX_BYTES)
    if rb"\u0000" in written and rb"\u0000" in written.replace(rb"\\", b""):
        raise _invalid(field, "data_nul", "data holds a NUL character")  # PostgreSQL keeps none


def _depth(data: dict[str, Any], field: str) -> int:
    """Levels of lists and objects, without recursion: the data may be thousands deep."""
    level: list[Any] = [data]
    depth = 0
    while level:
        depth += 1
        level = [part for whole in level for part in _containers(whole, field)]
    return depth


def _containers(whole: Any, field: str) -> list[Any]:
    if isinstance(whole, dict) and not all(isinstance(key, str) for key in whole):
        raise _invalid(field, "data_not_json", "data holds a key that is not a text")
    parts = whole.values() if isinstance(whole, dict) else whole
    if not all(isfinite(part) for part in parts if isinstance(part, float)):
        raise _invalid(field, "data_not_json", "data holds a number out of range")
    containers = [part for part in parts if not isinstance(part, SCALARS)]
    if not all(isinstance(part, dict | list) for part in containers):
        raise _invalid(field, "data_not_json", "data holds what JSON cannot")
    return containers


def _invalid(field: str, reason: str, detail: str, limit: int | None = None) -> Invalid:
    return Invalid(detail, field=field, reason=reason, limit=limit)
