"""How templates reach into data: by key or position only, never a Python attribute or method.

So `order.items` is the data's "items", and there is nothing to climb from a text to its class.
"""

from typing import Any

from jinja2 import StrictUndefined, Undefined


class Missing(StrictUndefined):
    """What is not in the data: may be given a default or asked for, and fails when used."""

    __slots__ = ()


def look_up(value: Any, key: Any, name: str) -> Any:
    """`value[key]`, or Missing by that name; what is missing or null has only missing parts."""
    if isinstance(value, dict):
        return value[key] if isinstance(key, str) and key in value else Missing(name=name)
    if isinstance(value, Undefined):
        return value
    if not isinstance(value, list | tuple | str) or type(key) is not int:
        return Missing(name=name)
    if not -len(value) <= key < len(value):
        return Missing(name=name)
    # A part of escaped text is plain text again: cut out of "&lt;" it may be anything.
    return str.__getitem__(value, key) if isinstance(value, str) else value[key]
