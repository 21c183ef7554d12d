"""A body as JSON, within limits: depth, lengths, and nothing PostgreSQL or a double cannot hold.

Errors name the place as the caller wrote it: `data.lines.3.name`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from models.errors import BadRequest, Invalid

DEEPEST = 32
LONGEST = 1_000  # entries of one list or object
MOST_VALUES = 200_000
GREATEST = 2**64 - 1  # what JSON libraries keep exactly; beyond it, 123…9 would become 1.2e+29
LONG_NUMBER = re.compile(rb"[0-9]{19}")
NUL = rb"\u0000"

# What contains it, under which name, and the value: a path is put together only for an error.
Node = tuple[Any, str, Any]


@dataclass(frozen=True, slots=True)
class _TooGreat:
    """Stands where an integer of more than 64 bits was."""

    digits: str


def parse(body: bytes) -> tuple[Any, bool]:
    """The value; and whether it may hold what `check` refuses. BadRequest says where it breaks."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg:
            raise _too_deep() from None
        raise BadRequest(_where(body, error), field="body", reason="bad_json") from None
    long_number = LONG_NUMBER.search(body) is not None
    if long_number:
        parsed = json.loads(body, parse_int=_bounded)
    return parsed, long_number or NUL in body


def is_large(body: bytes) -> bool:
    """May it be over a limit of depth or length?"""
    return body.count(b"[") + body.count(b"{") > DEEPEST or body.count(b",") > LONGEST


def check(value: Any, *, values: bool = True, long: str = "") -> None:
    """Invalid where it is too deep or too long or, if `values`, holds what cannot be stored.

    Level by level, without recursion. `long`: the path of the one list that may be longer.
    """
    level: list[Node] = [(None, "", value)]
    depth = seen = 0
    while level:
        depth += 1
        seen += len(level)
        if depth > DEEPEST and any(isinstance(node[2], dict | list) for node in level):
            raise _too_deep()
        below: list[Node] = []
        for node in level:
            if values:
                _check_value(node)
            if isinstance(node[2], dict | list):
                _check_length(node, long)
                if seen + len(below) + len(node[2]) > MOST_VALUES:
                    raise _too_many("body", MOST_VALUES)
                below += _parts(node)
        level = below


def _check_value(node: Node) -> None:
    value = node[2]
    if isinstance(value, str) and "\0" in value:
        raise Invalid("NUL characters cannot be stored", field=_path(node), reason="nul")
    if isinstance(value, _TooGreat):
        raise Invalid(
            "an integer of more than 64 bits; send it as a string",
            field=_path(node),
            limit=GREATEST,
            reason="number_too_large",
        )


def _check_length(node: Node, long: str) -> None:
    parent, _, value = node
    if len(value) > LONGEST and parent is not None and (path := _path(node)) != long:
        raise _too_many(path, LONGEST)


def _parts(node: Node) -> Iterator[Node]:
    value = node[2]
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield node, str(index), part
        return
    for name, part in value.items():
        if "\0" in name:  # a name is a value of the object that has it
            yield node, "", name
        yield node, name, part


def _path(node: Node) -> str:
    names: list[str] = []
    at: Any = node
    while at is not None:
        parent, name, _ = at
        names.append(name[:100])
        at = parent
    return ".".join(name for name in reversed(names) if name) or "body"


def _where(body: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as broken:
        before = body[: broken.start]
        line, column = before.count(b"\n") + 1, broken.start - before.rfind(b"\n")
        return f"not UTF-8: line {line}, column {column}"
    return f"not JSON in UTF-8: {error.msg}, line {error.lineno}, column {error.colno}"


def _too_deep() -> Invalid:
    detail = f"more than {DEEPEST} levels of lists and objects"
    return Invalid(detail, field="body", limit=DEEPEST, reason="json_too_deep")


def _too_many(field: str, limit: int) -> Invalid:
    return Invalid(f"more than {limit:,} values", field=field, limit=limit, reason="too_many")


def _bounded(digits: str) -> Any:
    if len(digits) > len(str(GREATEST)) + 1 or abs(number := int(digits)) > GREATEST:
        return _TooGreat(digits)
    return number
