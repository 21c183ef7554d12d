"""Jinja as our templates have it: sandboxed, no globals, data by key only, tokens counted.

The allow-list (`allowed.py`) is what keeps templates harmless; this is the second wall.
"""

from collections.abc import Iterator
from typing import Any

from jinja2.environment import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models.rendering.access import Missing, look_up
from models.rendering.budget import RenderContext
from models.rendering.generated import Generator
from models.rendering.metered import all_filters, all_tests
from models.rendering.printed import marked_up, printed
from models.rendering.refusal import refusal

MAX_TOKENS = 3_000  # compiling takes time by these, not by the length of the text between them


class TokenLimit(Extension):
    """Stops the parser at too many tokens: before the time is spent."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens, up to the limit."""
        for count, token in enumerate(stream):
            if count >= MAX_TOKENS:
                raise refusal(
                    "template_too_complex",
                    f"more than {MAX_TOKENS} names, signs and texts",
                    line=token.lineno,
                    limit=MAX_TOKENS,
                )
            yield token


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """One for each way of escaping."""

    code_generator_class = Generator
    context_class = RenderContext

    def __init__(self, *, marks_up: bool) -> None:
        super().__init__(
            autoescape=marks_up,
            undefined=Missing,
            finalize=marked_up if marks_up else printed,
            extensions=[TokenLimit],
            keep_trailing_newline=True,
            trim_blocks=True,  # a line that holds only a tag leaves no empty line behind
            lstrip_blocks=True,
        )
        self.globals.clear()
        self.filters.clear()
        self.filters.update(all_filters())
        self.tests.clear()
        self.tests.update(all_tests())

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`: a name the author wrote."""
        if type(obj) is dict and attribute in obj:  # most are: not a call more
            return obj[attribute]
        if isinstance(obj, LoopContext):  # only `loop.index` and its like get past the allow-list
            return getattr(obj, attribute)
        return look_up(obj, attribute, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`: the argument may come from the data, so errors do not name it."""
        return look_up(obj, argument, "the item in [ ]")


MARKING_UP: Environment = TemplateEnvironment(marks_up=True)
PLAIN: Environment = TemplateEnvironment(marks_up=False)
