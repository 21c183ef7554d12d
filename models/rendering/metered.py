"""Filters, tests, comparisons and loops as Jinja calls them: each pays for what it reads first.

They take the context, which also keeps Jinja from running them while it compiles.
"""

import operator
from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import Undefined, pass_context

from models.rendering.budget import COMPARED, COUNTED, RenderContext, hold
from models.rendering.filters import FILTERS, default
from models.rendering.refusal import refusal


def is_defined(value: Any) -> bool:
    """Whether it is in the data."""
    return not isinstance(value, Undefined)


# What templates may ask with `is`; those of DEFINED also of what is missing.
TESTS: dict[str, Callable[..., bool]] = {
    "defined": is_defined,
    "undefined": lambda value: not is_defined(value),
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "even": lambda value: value % 2 == 0,
    "odd": lambda value: value % 2 == 1,
}
TAKES_MISSING = {default, TESTS["defined"], TESTS["undefined"]}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
}


def metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` paying for its arguments, and its text bounded."""
    takes_missing = function in TAKES_MISSING

    @pass_context
    @wraps(function)
    def paying(context: RenderContext, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, Undefined) and not takes_missing:
            str(value)  # raises, with its name
        for each in (value, *args, *kwargs.values()):
            context.budget.read(each)
        result = function(value, *args, **kwargs)
        if isinstance(result, str):
            hold(len(result))
            context.budget.read(result)
        return result

    return paying


@pass_context
def counted(context: RenderContext, value: Any, price: int) -> Any:
    """What a loop goes over, all its turns paid for."""
    if not isinstance(value, list | tuple | dict | Undefined):
        raise refusal("template_type", "only a list or an object can be looped over")
    context.budget.spend(len(value) * price)
    return value


def compared(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A comparison of two texts or numbers; lists would cost more than their length shows."""

    def compare(left: Any, right: Any) -> Any:
        if isinstance(left, dict | list | tuple) or isinstance(right, dict | list | tuple):
            raise refusal("template_type", "lists and objects cannot be compared")
        return function(left, right)

    return metered(compare)


def is_in(left: Any, right: Any) -> bool:
    """Whether a text or number is in a list, a text, or among the keys of an object."""
    if isinstance(left, dict | list | tuple):
        raise refusal("template_type", "lists and objects cannot be looked for")
    return left in right


def is_not_in(left: Any, right: Any) -> bool:
    """The opposite of `is_in`."""
    return not is_in(left, right)


def all_filters() -> dict[str, Callable[..., Any]]:
    """By the names that compiled templates know."""
    return {name: metered(each) for name, each in FILTERS.items()} | {COUNTED: counted}


def all_tests() -> dict[str, Callable[..., Any]]:
    """By the names that compiled templates know."""
    tests = {name: metered(each) for name, each in TESTS.items()}
    comparisons = {COMPARED.format(name): compared(each) for name, each in COMPARISONS.items()}
    membership = {COMPARED.format("in"): is_in, COMPARED.format("notin"): is_not_in}
    return tests | comparisons | {name: metered(each) for name, each in membership.items()}
