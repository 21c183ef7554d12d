"""The filters that templates have, each a plain function; `metered.py` makes them pay.

Everything but `escape` works on and gives back plain text, so that it is escaped when printed.
What can grow more than a few times is refused before it is made.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined
from markupsafe import Markup
from markupsafe import escape as markup_escape

from models.rendering.access import Missing, look_up
from models.rendering.budget import hold
from models.rendering.refusal import refusal

MAX_NUMBER = 40  # characters of a number or a date given as text
NO_FALLBACK = object()
MAX_DIGITS = 10  # behind the point
# Not strftime at large: the C library takes widths, and "%1000000000Y" would be a gigabyte.
DATE_FORMAT = re.compile(r"(?:[^%]|%[aAbBdHIjmMpSyY%]){1,100}")


def plain(value: object) -> str:
    """A value as it is printed; Invalid for lists and objects, which have no one way to be."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        raise refusal("template_type", "a list or an object cannot be printed")
    if isinstance(value, float) and not isfinite(value):
        raise refusal("template_type", "a number beyond 64 bits cannot be printed")
    return str(value)


def default(value: Any, fallback: Any = "", empty_too: bool = False) -> Any:
    """The value, or `fallback` where it is missing (or empty, if asked)."""
    if isinstance(value, Undefined) or (empty_too and not value):
        return fallback
    return value


def upper(value: Any) -> str:
    """In capitals."""
    return plain(value).upper()


def lower(value: Any) -> str:
    """In small letters."""
    return plain(value).lower()


def title(value: Any) -> str:
    """Each word with a capital."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in plain(value).split(" "))


def capitalize(value: Any) -> str:
    """The first letter a capital, the others small."""
    return plain(value).capitalize()


def trim(value: Any) -> str:
    """Without white space at its ends."""
    return plain(value).strip()


def replace(value: Any, old: str, new: str) -> str:
    """Every `old` replaced by `new`."""
    text, old, new = plain(value), plain(old), plain(new)
    if not old:
        raise ValueError("nothing to replace")
    hold(len(text) + text.count(old) * max(0, len(new) - len(old)))
    return text.replace(old, new)


def truncate(value: Any, length: int = 255, inside_words: bool = False, end: str = "…") -> str:
    """At most `length` characters, `end` among them if something was cut off."""
    text = plain(value)
    if len(text) <= length:
        return text
    kept = text[: max(0, length - len(end))]
    return (kept if inside_words else kept.rsplit(" ", 1)[0].rstrip()) + end


def join(value: Any, separator: Any = "") -> str:
    """The items of a list, one after the other."""
    if not isinstance(value, list | tuple):
        raise TypeError("not a list")
    parts, between = [plain(item) for item in value], plain(separator)
    hold(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def length(value: Any) -> int:
    """How many items or characters."""
    return len(value)


def first(value: Any) -> Any:
    """The first item or character; missing where there is none."""
    return look_up(value, 0, "first") if value else Missing(name="first")


def last(value: Any) -> Any:
    """The last item or character; missing where there is none."""
    return look_up(value, -1, "last") if value else Missing(name="last")


def escape(value: Any) -> Markup:
    """Escaped for HTML once; printing in HTML does this by itself."""
    return markup_escape(value if isinstance(value, Markup) else plain(value))


def urlencode(value: Any) -> str:
    """Safe as a part of a URL."""
    return quote(plain(value))


def to_int(value: Any, fallback: Any = NO_FALLBACK) -> Any:
    """A whole number; where it is none, the fallback, and an error without one."""
    return _or_fallback(lambda: int(value if isinstance(value, float) else _short(value)), fallback)


def to_float(value: Any, fallback: Any = NO_FALLBACK) -> Any:
    """A number; where it is none, or not finite, the fallback, and an error without one."""
    return _or_fallback(lambda: _finite(float(_short(value))), fallback)


def rounded(value: Any, digits: int = 0) -> float:
    """Rounded half up, as people do."""
    return _finite(float(_decimal(value, digits)))


def number(value: Any, digits: int = 0, point: str = ".", thousands: str = ",") -> str:
    """With a fixed number of digits and grouped thousands: 1,234.50."""
    text = f"{_decimal(value, digits):,f}"
    return text.translate({ord("."): plain(point)[:3], ord(","): plain(thousands)[:3]})


def date(value: Any, form: str = "%Y-%m-%d") -> str:
    """A date or time in RFC 3339, written as `form` says, at the offset it was given in."""
    if not DATE_FORMAT.fullmatch(form):
        raise refusal("template_type", "a date's form takes %a %A %b %B %d %H %I %j %m %M %p %S %y")
    return datetime.fromisoformat(_short(value)).strftime(form)


def _or_fallback(make: Callable[[], Any], fallback: Any) -> Any:
    try:
        return make()
    except (ValueError, OverflowError):
        if fallback is NO_FALLBACK:
            raise
        return fallback


def _finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError("not a finite number")
    return value


def _short(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        raise ValueError("not a number or a date")
    text = plain(value)
    if len(text) > MAX_NUMBER:
        raise ValueError("too long for a number or a date")
    return text


def _decimal(value: Any, digits: int) -> Decimal:
    if not 0 <= digits <= MAX_DIGITS:
        raise ValueError("too many digits")
    exact = Decimal(_short(value))
    if not exact.is_finite():
        raise ValueError("not a finite number")
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


FILTERS: dict[str, Callable[..., Any]] = {
    "capitalize": capitalize,
    "count": length,
    "d": default,
    "date": date,
    "default": default,
    "e": escape,
    "escape": escape,
    "first": first,
    "float": to_float,
    "int": to_int,
    "join": join,
    "last": last,
    "length": length,
    "lower": lower,
    "number": number,
    "replace": replace,
    "round": rounded,
    "title": title,
    "trim": trim,
    "truncate": truncate,
    "upper": upper,
    "urlencode": urlencode,
}
