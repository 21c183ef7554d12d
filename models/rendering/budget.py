"""What one render may cost: a number of steps over all its loops, filters and comparisons together.

Anything whose time grows with the data must pay here first, or a small template can stop a worker.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment, nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from models.rendering.refusal import refusal

MAX_STEPS = 10_000  # one turn of a small loop is one step
MAX_VALUE = 256 * 1024  # characters that a filter may give back
NODES_PER_STEP = 20  # a turn of a loop costs a step more for each this many nodes of its body
CHARACTERS_PER_STEP = 1_000
ITEMS_PER_STEP = 100
COUNTED = "counted loop"  # no template can name it: it is not an identifier
COMPARED = "compared {}"  # likewise
NEGATED = "negated value"  # likewise


class Budget:
    """The steps that one render has left."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Take steps away; Invalid once there are none."""
        self.left -= steps
        if self.left < 0:
            raise refusal(
                "template_budget",
                f"the loops and filters take more than {MAX_STEPS} steps",
                limit=MAX_STEPS,
            )

    def read(self, value: object) -> None:
        """Pay for going through a value once."""
        if isinstance(value, str):
            if len(value) >= CHARACTERS_PER_STEP:
                self.spend(len(value) // CHARACTERS_PER_STEP)
        elif isinstance(value, dict | list | tuple):
            self.spend(len(value) // ITEMS_PER_STEP)


class RenderContext(Context):
    """The data of one render, and the budget that its filters find here."""

    def __init__(self, environment: Environment, data: Mapping[str, Any]) -> None:
        # Read only, so not copied: no template can change its data. What Jinja's own constructor
        # makes besides (blocks, globals, how to escape) is read by what no template may use.
        self.environment = environment
        self.name = None
        self.parent = data  # type: ignore[assignment]
        self.vars = {}
        self.exported_vars = set()
        self.budget = Budget()


def hold(characters: int) -> None:
    """Refuse a value longer than a filter may make; called before it is made where it can grow."""
    if characters > MAX_VALUE:
        raise refusal(
            "template_budget",
            f"a filter's result is longer than {MAX_VALUE} characters",
            limit=MAX_VALUE,
        )


class Metered(NodeTransformer):
    """Rewrites an allowed tree so that loops and comparisons pay before they run."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - the visitor's naming
        """The loop pays for all its turns at its start: it has no break."""
        parts = [*node.body, *node.else_, *([node.test] if node.test else [])]
        price = 1 + _weight(parts) // NODES_PER_STEP
        self.generic_visit(node)
        node.iter = nodes.Filter(
            node.iter, COUNTED, [nodes.Const(price)], [], None, None, lineno=node.lineno
        )
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Test:  # noqa: N802 - the visitor's naming
        """A comparison becomes a test of ours; the allow-list has seen that it is no chain."""
        self.generic_visit(node)
        (operand,) = node.ops
        name = COMPARED.format(operand.op)
        return nodes.Test(node.expr, name, [operand.expr], [], None, None, lineno=node.lineno)

    def visit_Neg(self, node: nodes.Neg) -> nodes.Expr:  # noqa: N802 - the visitor's naming
        """A sign becomes a filter of ours, so that its errors are; before a number it stays."""
        self.generic_visit(node)
        if isinstance(node.node, nodes.Const) and isinstance(node.node.value, int | float):
            return node
        return nodes.Filter(node.node, NEGATED, [], [], None, None, lineno=node.lineno)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802 - the visitor's naming
        """`a["b"]` is `a.b`: names from the source may be shown in errors, looked-up ones not."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return nodes.Getattr(node.node, node.arg.value, "load", lineno=node.lineno)
        return node


def _weight(parts: Iterable[nodes.Node]) -> int:
    """Nodes that one turn evaluates itself; a loop inside pays for its own body."""
    weight, waiting = 0, list(parts)
    while waiting:
        node = waiting.pop()
        weight += 1
        waiting.extend([node.iter] if isinstance(node, nodes.For) else node.iter_child_nodes())
    return weight
