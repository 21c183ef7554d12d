"""What is printed for a value, whole: the one call that a template makes for each.

Both give back a `str` and nothing derived of it; both refuse what cannot be printed.
"""

from typing import Any

from markupsafe import Markup

from models.rendering.escaping import escaped
from models.rendering.filters import plain


def printed(value: Any) -> str:
    """Where nothing is escaped."""
    return value if type(value) is str else plain(value)


def marked_up(value: Any) -> str:
    """Where the text is markup: escaped, unless a filter has done it."""
    if type(value) is str:
        return escaped(value)
    return str(value) if isinstance(value, Markup) else escaped(plain(value))
