"""The file or the standard input, and which of the two formats it is in."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal

from deploy.sending import csv_rows, ndjson_rows
from deploy.sending.refusals import CannotRead, LineProblem
from deploy.sending.text_lines import BOM, TextLines

Format = Literal["csv", "ndjson"]
BY_NAME: dict[str, Format] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}


@dataclass(frozen=True, slots=True)
class Source:
    """An open file; `size` in bytes where it is known."""

    name: str
    lines: TextLines
    format: Format
    size: int | None

    def rows(self, required: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]] | LineProblem]:
        """Each notification with its line, or what is wrong with that line.

        `required`: the columns that a CSV must have.
        """
        if self.format == "csv":
            return csv_rows.rows(self.lines, self.name, required)
        return ndjson_rows.rows(self.lines)


@contextmanager
def opened(path: Path, format: Format | None) -> Iterator[Source]:
    """The file at `path`, `-` for the standard input; CannotRead if it cannot be opened."""
    if str(path) == "-":
        with open(sys.stdin.fileno(), "rb", closefd=False) as input:
            yield _source("standard input", input, format)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise CannotRead(f"cannot read {path}: {error.strerror}") from None
    with file:
        yield _source(str(path), file, format or BY_NAME.get(path.suffix.lower()))


def _source(name: str, file: BufferedReader, format: Format | None) -> Source:
    start = file.peek(1024).removeprefix(BOM).lstrip()
    if format != "csv" and start.startswith(b"["):
        raise CannotRead(
            f"{name} is a JSON array: send one object a line, such as `jq -c '.[]'` writes"
        )
    chosen: Format = format or ("ndjson" if start.startswith(b"{") else "csv")
    return Source(name, TextLines(file, name), chosen, _size(file))


def _size(file: BufferedReader) -> int | None:
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
