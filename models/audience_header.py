"""The first line of an audience's CSV: which columns, and what stands between them."""

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from models.audience_data import MOST_VARIABLES
from models.csv_columns import columns_of, delimiter_of, is_known
from models.errors import Invalid
from models.person_fields import WORD

FIELDS = ("to", "id", "name", "locale", "time_zone")
WANTED = ", ".join((*FIELDS, "data.*"))


@dataclass(frozen=True)
class Header:
    """The columns in their order."""

    columns: tuple[str, ...]
    delimiter: str

    def kept(self) -> dict[str, Any]:
        """For the audience's row."""
        return {"columns": list(self.columns), "delimiter": self.delimiter}

    @cached_property
    def fields(self) -> list[tuple[int, str]]:
        """Where the person's fields stand."""
        return [(n, name) for n, name in enumerate(self.columns) if name in FIELDS]

    @cached_property
    def variables(self) -> list[tuple[int, str]]:
        """Where the templates' variables stand."""
        data = "data."
        return [
            (n, name.removeprefix(data))
            for n, name in enumerate(self.columns)
            if name.startswith(data)
        ]


def of_kept(kept: dict[str, Any] | None) -> Header | None:
    """As it was kept; None before the first line."""
    return Header(tuple(kept["columns"]), kept["delimiter"]) if kept else None


def of_line(line: str) -> Header:
    """What this line names; Invalid if it is no header of ours."""
    delimiter = delimiter_of(line, FIELDS)
    try:
        columns = columns_of(line, delimiter)
    except csv.Error:
        raise refused("bad_header", "the first line is not CSV: see its quotes") from None
    if not any(is_known(column, FIELDS) for column in columns):
        raise refused("no_header", f"the first line names the columns, of {WANTED}; this one none")
    for n, column in enumerate(columns):
        if not is_known(column, FIELDS):
            raise refused("unknown_column", f"{_called(n, column)} is none of {WANTED}")
        if columns.count(column) > 1:
            raise refused("column_twice", f"the column {column} is there twice")
    if "to" not in columns:
        raise refused("to_missing", "the column to is missing: the address of each row")
    if sum(column.startswith("data.") for column in columns) > MOST_VARIABLES:
        detail = f"more than {MOST_VARIABLES} columns data.*"
        raise refused("too_many_variables", detail, MOST_VARIABLES)
    return Header(tuple(columns), delimiter)


def refused(reason: str, detail: str, limit: int | None = None) -> Invalid:
    """The whole upload, for its beginning."""
    return Invalid(detail, field="body", reason=reason, limit=limit)


def _called(n: int, column: str) -> str:
    """By its name, if it may be one: what is none may be somebody's address."""
    if WORD.fullmatch(re.sub(r"[ .-]", "_", column)):
        return f"the column {column}"
    return f"column {n + 1} of the first line"
