"""The refused lines as CSV, which people open in a spreadsheet: no cell may be a formula."""

import csv
from pathlib import Path

from deploy.sending.refusals import CannotRead, LineProblem

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ErrorsFile:
    """Columns line, field, code, detail; without a path nothing is written.

    Raises:
        CannotRead: it cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file = None
        if path is None:
            return
        try:
            self._file = path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise CannotRead(f"cannot write {path}: {error.strerror}") from None
        self._writer = csv.writer(self._file)
        self._writer.writerow(("line", "field", "code", "detail"))

    def write(self, problem: LineProblem) -> None:
        """Add a line."""
        if self._file:
            words = (problem.field, problem.code, problem.detail)
            self._writer.writerow((problem.line, *map(neutral, words)))

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()


def neutral(cell: str) -> str:
    """The cell, with a quote before what a spreadsheet would calculate."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
