"""The Python that Jinja writes for a template, with fewer calls in it: it runs for each message.

What our environment's functions do is all that is done: they check, print and escape.
"""

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst


class Generator(CodeGenerator):
    """`printed(look(user, 'name'))` instead of four calls, two of them by way of an attribute."""

    def write_commons(self) -> None:
        """Both functions as local names; no name of a template is one of them."""
        super().write_commons()
        self.writeline("printed = environment.finalize")
        self.writeline("look = environment.getattr")

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """An item by its name."""
        self.write("look(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r})")

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, _finalize: Any) -> str:
        """What is printed for a constant: by Jinja's own rules it would be as Python shows it."""
        if isinstance(node, nodes.TemplateData):
            return node.data
        text: str = self.environment.finalize(node.as_const(frame.eval_ctx))  # type: ignore[misc]
        return text

    def _output_child_pre(self, _node: nodes.Expr, _frame: Frame, _finalize: Any) -> None:
        self.write("printed(")

    def _output_child_post(self, _node: nodes.Expr, _frame: Frame, _finalize: Any) -> None:
        self.write(")")
