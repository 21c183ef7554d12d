"""Records of a CSV, each with the line it begins in.

A quoted field may hold line breaks. Where its quote is never closed, only the line it begins in is
broken: the lines after it are read one by one, so that an open quote swallows none of them.
"""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from models.upload_block import MOST_BYTES, TOO_LONG, Block

NOT_CSV = "not CSV: see its quotes"


class Broken(NamedTuple):
    """Why there are no cells."""

    reason: str
    detail: str


Record = tuple[int, list[str] | Broken]  # the first of its lines, as counted in the block
Step = tuple[list[Record], int]  # what begins there, and the line after it


def steps(block: Block, before: int, delimiter: str) -> Iterator[Step]:
    """All records that are whole; `before`: lines of the file before the block."""
    at = 0
    while at < len(block):
        if len(block.lines[at]) > MOST_BYTES:
            step: Step | None = [(at, Broken("line_too_long", TOO_LONG))], at + 1
        elif (cells := _of_one_line(block.texts[at], delimiter)) is not None:
            step = [(at, cells)], at + 1
        else:
            step = _of_many(block, before, delimiter, at)
        if step is None:
            return
        yield step
        at = step[1]


def _of_one_line(line: str, delimiter: str) -> list[str] | None:
    """The cells; None if the line is no record by itself."""
    line = line.rstrip("\r")
    if '"' not in line and "\r" not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _of_many(block: Block, before: int, delimiter: str, at: int) -> Step | None:
    """The record of several lines; None if its end has not arrived."""
    feed = _Feed(block, at)
    try:
        cells = next(csv.reader(feed, delimiter=delimiter, strict=True))
    except csv.Error:
        if feed.short and not block.last:
            return None
    else:
        return [(at, cells)], feed.next
    # A line that breaks the record may itself begin one.
    end = feed.next if feed.short or feed.long else max(feed.next - 1, at + 1)
    alone = [
        (n, _of_one_line(block.texts[n], delimiter) or Broken("bad_csv", NOT_CSV))
        for n in range(at + 1, end)
    ]
    return [(at, feed.broken(before)), *alone], end


class _Feed:
    """The lines from one on, until the record they make would be too long."""

    def __init__(self, block: Block, at: int) -> None:
        self.next = at
        self.short = False  # the block is over
        self.long = False  # the limit is reached
        self._block = block
        self._bytes = 0

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        there = self.next < len(self._block)
        more = len(self._block.lines[self.next]) if there else self._block.begun
        self.long = self._bytes + more > MOST_BYTES
        self.short = not there and not self.long
        if self.long or self.short:
            raise StopIteration
        self._bytes += more + 1
        self.next += 1
        return self._block.texts[self.next - 1] + "\n"

    def broken(self, before: int) -> Broken:
        """Why what it fed is no record."""
        if self.long:
            detail = f"{TOO_LONG}, down to line {before + self.next}: is a quote left open?"
            return Broken("line_too_long", detail)
        return Broken("bad_csv", "a quoted field never ends" if self.short else NOT_CSV)
