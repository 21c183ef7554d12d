"""CSV: a header of known columns, then a row for each notification.

An empty cell says nothing: the variable is missing rather than empty, and nobody gets "Dear ,".
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from deploy.sending.csv_header import header_of
from deploy.sending.refusals import CannotRead, LineProblem
from deploy.sending.text_lines import MOST_BYTES, TextLines, TooLong

HINTS = {
    "to": ": whom to tell, an address a row",
    "template": ", and so is --template (or --subject, --text, --html)",
}

Row = tuple[int, dict[str, Any]]


def rows(lines: TextLines, name: str, required: Sequence[str]) -> Iterator[Row | LineProblem]:
    """Each row with the line it begins on; CannotRead if the header or the end is not right."""
    columns, delimiter = header_of(lines, name)
    if missing := [column for column in required if column not in columns]:
        raise CannotRead(f"{name}: the column {missing[0]} is missing{HINTS.get(missing[0], '')}")
    csv.field_size_limit(MOST_BYTES)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_record()
        begin = lines.number + 1
        try:
            cells = next(reader, None)
        except TooLong:
            yield _too_long(begin, lines.number)
            continue
        except csv.Error as error:
            if lines.ended:
                raise _cut_off(name, begin) from None
            yield LineProblem(begin, "", "bad_csv", f"not CSV: {error}")
            continue
        if cells is None:
            return
        if any(cells):
            yield _row(begin, cells, columns)


def _row(line: int, cells: list[str], columns: list[str]) -> Row | LineProblem:
    if len(cells) != len(columns):
        detail = f"{len(cells)} cells, the header has {len(columns)}"
        return LineProblem(line, "", "bad_csv", detail)
    raw: dict[str, Any] = {"data": {}}
    for column, cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        if column.startswith("data."):
            raw["data"][column.removeprefix("data.")] = cell
        elif stripped := cell.strip():
            raw[column] = stripped
    return line, raw


def _too_long(begin: int, end: int) -> LineProblem:
    detail = f"longer than {MOST_BYTES:,} bytes"
    if end > begin:
        detail += f", down to line {end}: is a quote left open?"
    return LineProblem(begin, "", "line_too_long", detail)


def _cut_off(name: str, begin: int) -> CannotRead:
    return CannotRead(
        f"{name}, line {begin}: a quoted field of this row never ends:"
        " the file is cut off, or a quote is missing"
    )
