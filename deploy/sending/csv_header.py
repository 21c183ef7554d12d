"""The first line of a CSV: which columns, and what stands between them."""

import csv
import re

from deploy.sending.refusals import CannotRead
from deploy.sending.text_lines import TextLines, TooLong
from models.csv_columns import columns_of, delimiter_of, is_known

COLUMNS = ("to", "channel", "name", "locale", "time_zone", "template", "data.*", "dedupe_key")
# What people call the column of addresses.
ADDRESSES = re.compile(
    r"(e-?mail|mail|phone|mobile|tel|sms|telegram|chat|webhook)[ _-]?(address|number|no|id|url)?"
    r"|address|number|recipient|url"
)
OLD_MAC = "the lines end with CR alone, as on old Macs: save it with LF or CRLF line ends"


def header_of(lines: TextLines, name: str) -> tuple[list[str], str]:
    """The columns and the delimiter; CannotRead if it is no header of ours."""
    line = _line(lines, name)
    delimiter = delimiter_of(line, COLUMNS)
    try:
        columns = columns_of(line, delimiter)
    except csv.Error as error:
        raise CannotRead(f"{name}: the header is not CSV: {error}") from None
    for column in columns:
        if not is_known(column, COLUMNS):
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


def _hint(column: str) -> str:
    if ADDRESSES.fullmatch(column):
        return (
            ": the column of addresses is `to`; its form tells email, sms, telegram or"
            " webhook, or else the column `channel` does (or --channel)"
        )
    return f"; there are {', '.join(COLUMNS)} (data.name fills the template's variable name)"
