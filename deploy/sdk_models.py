"""The SDK's types, written from the API's document: `make sdk` after a change of a body or a view.

What is sent may hold times and UUIDs as Python has them; what comes back is JSON as it came.
"""

import asyncio
import keyword
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from api.app import create
from models.settings import Settings
from workers.connect import lazy

PATH = Path(__file__).parents[1] / "api" / "sdk" / "models.py"
LONGEST_DOCSTRING = 90
REFERENCE = "#/components/schemas/"
HEAD = '''"""What is sent and what comes back, as the API's document says. Written by `make sdk`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
from uuid import UUID
'''
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
SENT = {"date-time": "datetime | str", "uuid": "UUID | str", "binary": "bytes"}


def document() -> dict[str, Any]:
    """The document of the API as it is."""
    settings = Settings()
    temporal = asyncio.run(lazy(settings))
    return create(settings, temporal).openapi()


def source(document: dict[str, Any]) -> str:
    """The module's text."""
    schemas = document["components"]["schemas"]
    sent = _reached(schemas, [o.get("requestBody", {}) for o in _operations(document)])
    parts = [_definition(name, schemas[name], sent=name in sent) for name in sorted(schemas)]
    return _formatted("\n\n".join([HEAD, *parts]))


def type_of(schema: dict[str, Any], *, sent: bool) -> str:
    """A schema as an annotation."""
    if "$ref" in schema:
        return name_of(schema["$ref"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return _any_of(schema[word], sent=sent)
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    kind = schema.get("type")
    if isinstance(kind, list):
        return _any_of([{**schema, "type": each} for each in kind], sent=sent)
    if kind in ("array", "object"):
        return _container(schema, sent=sent)
    if sent and schema.get("format") in SENT:
        return SENT[schema["format"]]
    return SIMPLE.get(str(kind), "Any")


def _any_of(schemas: list[dict[str, Any]], *, sent: bool) -> str:
    return " | ".join(dict.fromkeys(type_of(each, sent=sent) for each in schemas))


def _container(schema: dict[str, Any], *, sent: bool) -> str:
    if schema["type"] == "array":
        inner = type_of(schema.get("items", {}), sent=sent)
        return f"Sequence[{inner}]" if sent else f"list[{inner}]"
    more = schema.get("additionalProperties", True)
    inner = type_of(more, sent=sent) if isinstance(more, dict) else "Any"
    return f"Mapping[str, {inner}]" if sent else f"dict[str, {inner}]"


def name_of(reference: str) -> str:
    """The class of a schema."""
    return reference.removeprefix(REFERENCE).replace("-", "")


def _definition(name: str, schema: dict[str, Any], *, sent: bool) -> str:
    name = name_of(name)
    if "properties" not in schema:
        kind = type_of(schema, sent=sent)
        return f"{name}: TypeAlias = {kind if kind.startswith('Literal') else repr(kind)}"
    required = set(schema.get("required", ()))
    said = (schema.get("description") or schema.get("title") or name).partition("\n\n")[0]
    said = textwrap.shorten(said, LONGEST_DOCSTRING, placeholder=" …")
    lines = [f"class {name}(TypedDict):", f'    """{said}"""', ""]
    for field, part in schema["properties"].items():
        if not field.isidentifier() or keyword.iskeyword(field):
            raise ValueError(f"{name}.{field} is no name in Python")
        kind = type_of(part, sent=sent)
        lines.append(f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}")
    return "\n".join(lines)


def _reached(schemas: dict[str, Any], begin: list[Any]) -> set[str]:
    found: set[str] = set()
    left = begin
    while left:
        match left.pop():
            case dict() as each:
                name = str(each.get("$ref", "")).removeprefix(REFERENCE)
                if name and name not in found:
                    found.add(name)
                    left.append(schemas[name])
                left += each.values()
            case list() as each:
                left += each
    return found


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def _formatted(text: str) -> str:
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--stdin-filename", str(PATH), "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    PATH.write_text(source(document()), encoding="utf-8")
