"""Filters, tests, comparisons and loops as Jinja calls them: each pays for what it reads first.

They take the context, which also keeps Jinja from running them while it compiles.
"""

import operator
from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import Undefined, pass_context

from models.rendering.budget import COMPARED, COUNTED, NEGATED, RenderContext, hold
from models.rendering.filters import FILTERS, default
from models.rendering.json_text import JSON_FILTERS
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
# By Jinja's names, with their signs.
COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "eq": ("==", operator.eq),
    "ne": ("!=", operator.ne),
    "gt": (">", operator.gt),
    "gteq": (">=", operator.ge),
    "lt": ("<", operator.lt),
    "lteq": ("<=", operator.le),
}
UNFIT = (TypeError, ValueError, ArithmeticError, LookupError)


def metered(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """`function` paying for its arguments, its text bounded; its errors say `name` and no value."""
    takes_missing = function in TAKES_MISSING

    @pass_context
    @wraps(function)
    def paying(context: RenderContext, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, Undefined) and not takes_missing:
            str(value)  # raises, with its name
        read = context.budget.read
        read(value)
        for each in args:
            read(each)
        for each in kwargs.values():
            read(each)
        try:
            result = function(value, *args, **kwargs)
        except UNFIT:  # their texts quote values; ours must not
            raise refusal("template_type", f"a value does not fit {name}") from None
        if isinstance(result, str):
            hold(len(result))
            read(result)
        return result

    return paying


@pass_context
def counted(context: RenderContext, value: Any, price: int) -> Any:
    """What a loop goes over, all its turns paid for."""
    if not isinstance(value, list | tuple | dict | Undefined):
        raise refusal("template_type", "only a list or an object can be looped over")
    context.budget.spend(len(value) * price)
    return value


def compared(function: Callable[[Any, Any], Any], sign: str) -> Callable[..., Any]:
    """A comparison of two texts or numbers; lists would cost more than their length shows."""

    def compare(left: Any, right: Any) -> Any:
        if isinstance(left, dict | list | tuple) or isinstance(right, dict | list | tuple):
            raise refusal("template_type", "lists and objects cannot be compared")
        return function(left, right)

    return metered(compare, f"the comparison {sign}")


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
    filters = {name: metered(each, f"the filter {name!r}") for name, each in FILTERS.items()}
    filters |= {name: metered(each, "JSON") for name, each in JSON_FILTERS.items()}
    return filters | {COUNTED: counted, NEGATED: metered(operator.neg, "the sign -")}


def all_tests() -> dict[str, Callable[..., Any]]:
    """By the names that compiled templates know."""
    tests = {name: metered(each, f"the test {name!r}") for name, each in TESTS.items()}
    for name, (sign, each) in COMPARISONS.items():
        tests[COMPARED.format(name)] = compared(each, sign)
    tests[COMPARED.format("in")] = metered(is_in, "the comparison in")
    tests[COMPARED.format("notin")] = metered(is_not_in, "the comparison not in")
    return tests
