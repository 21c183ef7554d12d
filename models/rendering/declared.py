"""The variables that a version declares, with a type each: checked against its content, and data.

Only top-level names are declared. Where nothing is, every name that the content reads is a variable
of any type.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes

from models.errors import Invalid
from models.rendering import content as contents
from models.rendering.content import Content
from models.rendering.environment import PLAIN
from models.rendering.parsing import parse
from models.rendering.refusal import refusal
from models.rendering.templates import compile_template

Types = Mapping[str, str]  # of declared variables, by their names

FITTING: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
    "any": (object,),
}
SAID_OF_MOST = 10  # declared names that an error lists


def variables_of(content: Content, types: Types | None) -> list[str]:
    """All that data may have; `types` None: nothing is declared.

    Invalid for a content that does not compile, or reads what is not declared: names the line.
    """
    read = contents.check(content)
    if types is None:
        return sorted(read)
    if read - types.keys():
        raise _undeclared(content, types)
    return sorted(types)


def check_types(data: Mapping[str, Any], types: Types) -> None:
    """Invalid for the first value that is not of its declared type; null fits every type."""
    for name, kind in types.items():
        value = data.get(name)
        if value is not None and not _fits(value, kind):
            raise Invalid(
                f"the template declares it as {kind}",
                field=f"data.{name}",
                limit=kind,
                reason="wrong_type",
            )


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind in ("boolean", "any")
    return isinstance(value, FITTING[kind])


def _undeclared(content: Content, types: Types) -> Invalid:
    for field, source, escaping in contents.sources(content):
        missing = compile_template(source, escaping, field).variables - types.keys()
        if missing:
            line, name = min((_line(source, name), name) for name in missing)
            known = ", ".join(sorted(types)[:SAID_OF_MOST]) or "none"
            detail = f"{name[:50]!r} is not declared; declared: {known}"
            return refusal("template_undeclared", detail, line=line, field=field)
    raise AssertionError("what is read is read somewhere")


def _line(source: str, name: str) -> int:
    """Where the name is first read."""
    names = parse(PLAIN, source).find_all(nodes.Name)
    return min(each.lineno for each in names if each.name == name and each.ctx == "load")
