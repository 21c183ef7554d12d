"""From a source to Jinja's tree, and the lines that errors name."""

import re
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from models.rendering.allowed import MAX_DEPTH
from models.rendering.refusal import refusal

FILENAME = "<tidings template>"
# Only behind a whole template: in a text, a comment or a raw block more would have to follow.
OPEN_RAW = re.compile(r"\{%[-+]?\s*+raw\s*+[-+]?%\}\s*+\Z")


def parse(environment: Environment, source: str) -> nodes.Template:
    """The tree of a template; Invalid for what is none, with its line."""
    parser = None
    try:
        parser = Parser(environment, source, None, FILENAME)
        tree = parser.parse()
    except TemplateSyntaxError as error:
        raise refusal("template_syntax", error.message or "", line=error.lineno) from None
    except ValueError:  # Python converts no integer of more digits than it takes time for
        lexed = environment.lex(source)
        line = next(
            (line for line, _, text in lexed if len(text) > 4000 and text[0].isdigit()), None
        )
        raise refusal("template_syntax", "a number is too long", line=line) from None
    except RecursionError:
        line = parser.stream.current.lineno if parser else 1
        detail = f"more than {MAX_DEPTH} parts inside each other"
        raise refusal("template_too_deep", detail, line=line, limit=MAX_DEPTH) from None
    if found := OPEN_RAW.search(source):  # Jinja sees an end missing only if a text follows
        line = line_at(source, found.start())
        raise refusal("template_syntax", "Missing end of raw directive", line=line)
    return tree


def line_at(source: str, position: int) -> int:
    """The line, from 1, of a position in a text."""
    return source.count("\n", 0, position) + 1


def constant_line(tree: nodes.Template) -> int | None:
    """The line where a part of a constant is first asked for."""
    parts: Iterator[Any] = tree.find_all((nodes.Getitem, nodes.Getattr))
    return next((part.lineno for part in parts if isinstance(part.node, nodes.Literal)), None)
