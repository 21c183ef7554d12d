"""Templates: a source compiled for where its output goes, then rendered with data.

Nothing but Invalid leaves this module, whatever the source and the data; no I/O, no settings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any

import jinja2
import orjson
from jinja2 import meta, nodes

from models.errors import Invalid
from models.rendering.allowed import check_allowed
from models.rendering.budget import Metered, RenderContext
from models.rendering.data import check_data
from models.rendering.environment import MARKING_UP, PLAIN
from models.rendering.escaping import Escaping
from models.rendering.json_text import for_json
from models.rendering.parsing import FILENAME, constant_line, line_at, parse
from models.rendering.refusal import refusal

__all__ = ["Template", "check_data", "compile_template"]

MAX_SOURCE_BYTES = 256 * 1024
MAX_OUTPUT_BYTES = 1_000_000
SMALL_SOURCE = 16 * 1024  # characters; many of these are kept compiled, few larger ones
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. `variables` are all the top-level names of data that it reads."""

    variables: frozenset[str]
    escaping: Escaping
    body: str | jinja2.Template  # a text without tags needs no engine
    weight: int  # parts of its language: what compiling it takes time by

    def render(self, data: Mapping[str, Any]) -> str:
        """The output, at most 1,000,000 bytes of UTF-8; Invalid names the line and the rule."""
        if isinstance(self.body, str):
            return self.body
        try:
            text = _stream(self.body, data)
        except Invalid as error:
            line = _line(self.body, error.__traceback__)
            raise refusal(error.reason, str(error), line=line, limit=error.limit) from None
        except jinja2.UndefinedError as error:
            line = _line(self.body, error.__traceback__)
            raise refusal("template_undefined", str(error), line=line) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            # Their texts quote values; ours must not.
            line = _line(self.body, error.__traceback__)
            raise refusal("template_type", "a value does not fit here", line=line) from None
        if self.escaping is Escaping.HEADER:
            _check_one_line(text)
        return text


def compile_template(source: str, escaping: Escaping, field: str = "template") -> Template:
    """The template of a source (at most 256 KiB); the same one again while it is kept.

    Invalid has `field`, a `reason` of docs/templates.md and a detail that starts with the line.
    """
    try:
        if "{" not in source:
            return _literal(source, escaping)
        keep = _small if len(source) <= SMALL_SOURCE else _large
        return keep(source, escaping)
    except Invalid as error:
        error.field = field
        raise


def _compile(source: str, escaping: Escaping) -> Template:
    _check_source(source, escaping)
    environment = MARKING_UP if escaping.marks_up else PLAIN
    tree = parse(environment, source)
    check_allowed(tree)
    try:
        variables = frozenset(meta.find_undeclared_variables(tree))
        tree = Metered().visit(tree).set_environment(environment)
        if escaping is Escaping.JSON:
            for_json(tree)
        code = environment.compile(tree, filename=FILENAME)
    except jinja2.UndefinedError as error:  # it works out what is constant already
        raise refusal("template_undefined", str(error), line=constant_line(tree)) from None
    body = jinja2.Template.from_code(environment, code, {})
    return Template(variables, escaping, body, sum(1 for _ in tree.find_all(nodes.Node)))


# By count and size together: at most some 16 MiB of sources each.
_small = lru_cache(maxsize=1024)(_compile)
_large = lru_cache(maxsize=64)(_compile)


def _literal(source: str, escaping: Escaping) -> Template:
    _check_source(source, escaping)
    text = source.replace("\r\n", "\n").replace("\r", "\n")  # as the engine does
    return Template(frozenset(), escaping, text, 0)


def _check_source(source: str, escaping: Escaping) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        raise refusal("template_syntax", "not valid Unicode") from None
    if size > MAX_SOURCE_BYTES:
        raise refusal(
            "template_source_too_large",
            f"{size} bytes; at most {MAX_SOURCE_BYTES}",
            limit=MAX_SOURCE_BYTES,
        )
    if "\0" in source:  # PostgreSQL could not keep it
        line = line_at(source, source.index("\0"))
        raise refusal("template_syntax", "a NUL character", line=line)
    if escaping is Escaping.HEADER:
        _check_one_line(source)


def _check_one_line(text: str) -> None:
    if not text.isprintable() and CONTROL.search(text):
        raise refusal(
            "header_control_character",
            "a line break or another control character; a header is one line",
            field="subject",
        )


def _stream(body: jinja2.Template, data: Mapping[str, Any]) -> str:
    """Piece by piece, so that what is too large is never made whole."""
    pieces: list[str] = []
    size = 0
    for piece in body.root_render_func(RenderContext(body.environment, data)):
        size += len(piece)
        if size > MAX_OUTPUT_BYTES:
            raise _too_large()
        pieces.append(piece)
    text = "".join(pieces)
    if not text.isascii():
        _check_unicode(text)
    return text


def _check_unicode(text: str) -> None:
    """Characters were counted, now bytes; lone surrogates no wire can carry.

    By orjson, which leaves the UTF-8 with the text: whoever encodes it next only copies it.
    """
    try:
        written = orjson.dumps(text)
    except orjson.JSONEncodeError:
        raise refusal("template_type", "the output is not valid Unicode") from None
    if len(written) > MAX_OUTPUT_BYTES and len(text.encode()) > MAX_OUTPUT_BYTES:
        raise _too_large()


def _too_large() -> Invalid:
    return refusal(
        "template_output_too_large",
        f"more than {MAX_OUTPUT_BYTES} bytes of output",
        limit=MAX_OUTPUT_BYTES,
    )


def _line(body: jinja2.Template, traceback: TracebackType | None) -> int | None:
    """The line of the source that was at work: that of the template's own innermost frame."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILENAME:
            line = body.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line
