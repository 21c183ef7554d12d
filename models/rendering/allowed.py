"""Which parts of Jinja's language a template may use: a list of what is allowed, nothing else is.

A sandbox that forbids is not enough: ten characters of template could still make 1 GB of text.
"""

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from jinja2 import nodes

from models.errors import Invalid
from models.rendering.filters import FILTERS
from models.rendering.metered import TESTS
from models.rendering.refusal import refusal

MAX_DEPTH = 40  # expressions and blocks inside each other
MAX_LOOP_DEPTH = 8  # Python itself stops at 20
MAX_BRANCHES = 40  # `elif` of one `if`: Python nests them
MAX_INTEGER = 2**63 - 1
# Tabs and line breaks are text; no channel carries the others.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
LOOP_NAMES = {"index", "index0", "revindex", "revindex0", "first", "last", "length"}
# Jinja gives these a meaning of its own.
RESERVED = {"loop", "self", "super", "caller", "varargs", "kwargs"}
# Why a part is refused, in the author's words; any other part is "this tag".
REFUSED: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Call: ("call", "calls are"),
    nodes.BinExpr: ("arithmetic", "arithmetic is"),
    nodes.Concat: ("arithmetic", "joining with ~ is"),
    nodes.Slice: ("slice", "slices are"),
    nodes.Dict: ("literal", "objects written in the template are"),
    nodes.NSRef: ("set", "setting attributes is"),
    nodes.Macro: ("macro", "macros are"),
    nodes.CallBlock: ("macro", "macros are"),
    nodes.FilterBlock: ("block", "filter blocks are"),
    nodes.AssignBlock: ("block", "set blocks are"),
    nodes.With: ("block", "with blocks are"),
    nodes.Block: ("inheritance", "blocks are"),
    nodes.Extends: ("inheritance", "extends is"),
    nodes.Include: ("include", "include is"),
    nodes.Import: ("import", "import is"),
    nodes.FromImport: ("import", "import is"),
}


def check_allowed(node: nodes.Node, depth: int = 0, loops: int = 0) -> None:
    """Walk the whole tree; Invalid at the first part that is not allowed, with its line."""
    if depth > MAX_DEPTH or loops > MAX_LOOP_DEPTH:
        limit = MAX_DEPTH if depth > MAX_DEPTH else MAX_LOOP_DEPTH
        what = "parts" if depth > MAX_DEPTH else "loops"
        raise refusal(
            "template_too_deep",
            f"more than {limit} {what} inside each other",
            line=node.lineno,
            limit=limit,
        )
    kind = type(node)
    if kind not in ALLOWED:
        raise _not_allowed(node, *_why(kind))
    check = ALLOWED[kind]
    if check is not None:
        check(node)
    if kind is nodes.Getattr and _is_loop_name(node):
        return
    inside = loops + (kind is nodes.For)
    for child in node.iter_child_nodes():
        check_allowed(child, depth + 1, inside)


def _why(kind: type[nodes.Node]) -> tuple[str, str]:
    found = (REFUSED[each] for each in kind.__mro__ if each in REFUSED)
    return next(found, ("tag", "this tag is"))


def _not_allowed(node: nodes.Node, what: str, words: str) -> Invalid:
    # Jinja wraps some statements in a node that has no line.
    lines = [node.lineno, *(child.lineno for child in node.iter_child_nodes())]
    line = next(filter(None, lines), None)
    return refusal(f"template_{what}_not_allowed", f"{words} not allowed", line=line)


def _is_loop_name(node: Any) -> bool:
    base = node.node
    return isinstance(base, nodes.Name) and base.name == "loop" and node.attr in LOOP_NAMES


def _name(node: Any) -> None:
    if node.name in RESERVED or node.name.startswith("_"):
        raise _not_allowed(node, "name", f"the name {node.name!r} is")


def _attribute(node: Any) -> None:
    if node.attr.startswith("_"):
        raise _not_allowed(node, "name", f"the name {node.attr!r} is")


def _item(node: Any) -> None:
    key = node.arg.value if isinstance(node.arg, nodes.Const) else ""
    if isinstance(key, str) and key.startswith("_"):
        raise _not_allowed(node, "name", f"the name {key!r} is")


def _constant(node: Any) -> None:
    if isinstance(node.value, int) and node.value > MAX_INTEGER:
        raise _not_allowed(node, "literal", f"a number above {MAX_INTEGER} is")
    if isinstance(node.value, float) and not isfinite(node.value):
        raise _not_allowed(node, "literal", "a number beyond 64 bits is")
    if isinstance(node.value, str) and CONTROL.search(node.value):
        raise _not_allowed(node, "literal", "a control character, such as NUL, is")


def _sequence(node: Any) -> None:
    # Of constants only: a list of lists that share their items prints exponentially long.
    if not all(isinstance(item, nodes.Const) for item in node.items):
        raise _not_allowed(node, "literal", "a list of anything but constants is")


def _filter(node: Any) -> None:
    if node.name not in FILTERS:
        raise _not_allowed(node, "filter", f"the filter {node.name!r} is")
    if node.dyn_args or node.dyn_kwargs:
        raise _not_allowed(node, "call", "arguments with * are")


def _test(node: Any) -> None:
    if node.name not in TESTS:
        raise _not_allowed(node, "test", f"the test {node.name!r} is")
    if node.dyn_args or node.dyn_kwargs:
        raise _not_allowed(node, "call", "arguments with * are")


def _for(node: Any) -> None:
    if node.recursive:
        raise _not_allowed(node, "loop", "recursive loops are")
    if not isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem):
        raise _not_allowed(node, "loop", "looping over anything but a name, or an item of it, is")
    if not isinstance(node.target, nodes.Name):
        raise _not_allowed(node, "loop", "a loop with more than one variable is")


def _compare(node: Any) -> None:
    # Rewritten, two comparisons would share their middle: nested ones, exponentially many.
    if len(node.ops) != 1:
        raise _not_allowed(node, "chain", "a chain of comparisons is")


def _if(node: Any) -> None:
    if len(node.elif_) > MAX_BRANCHES:
        raise _not_allowed(node, "tag", f"an if with more than {MAX_BRANCHES} branches is")


def _set(node: Any) -> None:
    if not isinstance(node.target, nodes.Name):
        raise _not_allowed(node, "set", "setting anything but one name is")


ALLOWED: dict[type[nodes.Node], Callable[[Any], None] | None] = {
    nodes.Template: None,
    nodes.Output: None,
    nodes.TemplateData: None,
    nodes.Const: _constant,
    nodes.List: _sequence,
    nodes.Tuple: _sequence,
    nodes.Name: _name,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.Keyword: None,
    nodes.Compare: _compare,
    nodes.Operand: None,
    nodes.And: None,
    nodes.Or: None,
    nodes.Not: None,
    nodes.Neg: None,
    nodes.CondExpr: None,
    nodes.If: _if,
    nodes.For: _for,
    nodes.Assign: _set,
}
