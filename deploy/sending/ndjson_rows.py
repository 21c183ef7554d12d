"""NDJSON: a line is an item of a batch as the API takes it, read as strictly as the API reads.

What would spoil the whole batch there (no object, or too deep a one) is one line's problem here.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from deploy.sending.refusals import LineProblem
from deploy.sending.text_lines import MOST_BYTES, TextLines, TooLong

DEEPEST = 24  # the API's 32 count from the batch
Row = tuple[int, dict[str, Any]]


def rows(lines: TextLines) -> Iterator[Row | LineProblem]:
    """Each object with its line."""
    while True:
        lines.begin_record()
        try:
            line = next(lines, None)
        except TooLong:
            yield LineProblem(
                lines.number, "", "line_too_long", f"longer than {MOST_BYTES:,} bytes"
            )
            continue
        if line is None:
            return
        if line.strip():
            yield _row(lines.number, line)


def _row(number: int, line: str) -> Row | LineProblem:
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        cut = "" if line.endswith("\n") else "; the file ends in this line: is it cut off?"
        return LineProblem(number, "", "bad_json", f"not JSON at column {error.colno}{cut}")
    if not isinstance(raw, dict):
        return LineProblem(number, "", "bad_json", "not a JSON object")
    if line.count("[") + line.count("{") > DEEPEST and _depth(raw) > DEEPEST:
        return LineProblem(number, "", "json_too_deep", f"more than {DEEPEST} levels")
    return number, raw


def _depth(raw: dict[str, Any]) -> int:
    """Levels of objects and lists, without recursion."""
    level: list[Any] = [raw]
    depth = 0
    while level:
        depth += 1
        parts = [part for each in level for part in _parts(each)]
        level = [part for part in parts if isinstance(part, dict | list)]
    return depth


def _parts(each: Any) -> list[Any]:
    return list(each.values()) if isinstance(each, dict) else each
