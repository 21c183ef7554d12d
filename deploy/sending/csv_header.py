"""The first line of a CSV: which columns, and what stands between them.

Names are taken in any case and with blanks around, as spreadsheets write them; a variable's own
name keeps its case, for templates know the difference.
"""

import csv
import re

from deploy.sending.refusals import CannotRead
from deploy.sending.text_lines import TextLines, TooLong

COLUMNS = ("to", "channel", "name", "locale", "time_zone", "template", "data.*", "dedupe_key")
DATA = re.compile(r"data\.[A-Za-z_]\w*")
DELIMITERS = ",;\t"
# What people call the column of addresses.
ADDRESSES = re.compile(
    r"(e-?mail|mail|phone|mobile|tel|sms|telegram|chat|webhook)[ _-]?(address|number|no|id|url)?"
    r"|address|number|recipient|url"
)
OLD_MAC = "the lines end with CR alone, as on old Macs: save it with LF or CRLF line ends"


def header_of(lines: TextLines, name: str) -> tuple[list[str], str]:
    """The columns and the delimiter; CannotRead if it is no header of ours."""
    line = _line(lines, name)
    delimiter = max(DELIMITERS, key=lambda mark: _known(line, mark))  # of equal ones the first
    try:
        columns = _cells(line, delimiter)
    except csv.Error as error:
        raise CannotRead(f"{name}: the header is not CSV: {error}") from None
    for column in columns:
        if not _is_known(column):
            raise CannotRead(f"{name}: unknown column {column[:100]!r}{_hint(column)}")
        if columns.count(column) > 1:
            raise CannotRead(f"{name}: the column {column} is there twice")
    return columns, delimiter


def _line(lines: TextLines, name: str) -> str:
    try:
        header = next((line for line in lines if line.strip()), None)
    except TooLong:
        detail = f"too long for a header of CSV columns (or {OLD_MAC})"
        raise CannotRead(f"{name}, line 1: {detail}") from None
    if header is None:
        raise CannotRead(f"{name} is empty: the first line names the columns, such as to,template")
    if "\r" in header.strip():
        raise CannotRead(f"{name}: {OLD_MAC}")
    return header


def _cells(line: str, delimiter: str) -> list[str]:
    return [_folded(cell) for cell in next(csv.reader([line], delimiter=delimiter, strict=True))]


def _known(line: str, delimiter: str) -> int:
    try:
        return sum(map(_is_known, _cells(line, delimiter)))
    except csv.Error:
        return 0


def _is_known(column: str) -> bool:
    return column in COLUMNS or bool(DATA.fullmatch(column))


def _folded(cell: str) -> str:
    column = cell.strip()
    start, dot, variable = column.partition(".")
    return f"data.{variable}" if dot and start.lower() == "data" else column.lower()


def _hint(column: str) -> str:
    if ADDRESSES.fullmatch(column):
        return (
            ": the column of addresses is `to`; its form tells email, sms, telegram or"
            " webhook, or else the column `channel` does (or --channel)"
        )
    return f"; there are {', '.join(COLUMNS)} (data.name fills the template's variable name)"
