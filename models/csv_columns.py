"""The columns that the first line of a CSV names, and what stands between them.

Names are taken in any case and with blanks around, as spreadsheets write them; a variable's own
name keeps its case, for templates know the difference.
"""

import csv
import re
from collections.abc import Collection

DATA = re.compile(r"data\.[A-Za-z_]\w{0,99}")
DELIMITERS = ",;\t"


def delimiter_of(line: str, names: Collection[str]) -> str:
    """What divides it into the most known columns; of equal ones the first."""
    return max(DELIMITERS, key=lambda mark: _known(line, mark, names))


def columns_of(line: str, delimiter: str) -> list[str]:
    """Each in its one form. csv.Error: its quotes are wrong."""
    return [_folded(cell) for cell in next(csv.reader([line], delimiter=delimiter, strict=True))]


def is_known(column: str, names: Collection[str]) -> bool:
    """One of these, or a template's variable."""
    return column in names or bool(DATA.fullmatch(column))


def _known(line: str, delimiter: str, names: Collection[str]) -> int:
    try:
        return sum(is_known(column, names) for column in columns_of(line, delimiter))
    except csv.Error:
        return 0


def _folded(cell: str) -> str:
    column = cell.strip()
    start, dot, variable = column.partition(".")
    return f"data.{variable}" if dot and start.lower() == "data" else column.lower()
