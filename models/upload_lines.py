"""An upload, of an audience or of profiles, piece by piece: bytes in, rows and refusals out. Pure.

The pieces may be cut anywhere. Only whole records count: `Position` is where they end, and all that
is needed to go on from there, in this request or in another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from models import audience_rows, member_rows, profile_rows
from models.audience_header import Header
from models.messages import Channel
from models.person_fields import Refusal
from models.upload_beginning import BOM, check_beginning, has_first_line, header_of
from models.upload_block import MOST_BYTES, TOO_LONG, Block
from models.upload_formats import Found, Reader, Row, csv_rows, ndjson_rows

Format = Literal["csv", "ndjson"]
Kind = Literal["audience", "profiles", "members"]


@dataclass(frozen=True, slots=True)
class Position:
    """How far an upload is. The next piece begins at `offset` + `skipped`."""

    offset: int = 0  # bytes of the file
    lines: int = 0  # of the file, in those bytes
    header: Header | None = None  # of a CSV, from its first line on
    skipped: int = 0  # bytes after `offset` of a line that is too long; known to this request only


@dataclass(frozen=True, slots=True)
class Order:
    """What is uploaded, and how much of it there is still room for."""

    format: Format
    rows: int  # more are not taken
    refusals: int  # more are only counted
    kind: Kind = "audience"
    channel: Channel = Channel.EMAIL  # of an audience

    def after(self, parsed: "Parsed") -> "Order":
        """With the room that is left."""
        rows, refusals = self.rows - len(parsed.rows), self.refusals - len(parsed.refusals)
        return replace(self, rows=rows, refusals=refusals)


@dataclass(slots=True)
class Parsed:
    """What was in a piece. `full`: the next row would be one too many, and is not in `position`."""

    position: Position
    used: int = 0  # bytes of the piece; the rest is given again, before the next one
    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: int = 0
    full: bool = False

    def take(self, found: list[Row | Refusal], order: Order) -> bool:
        """Was there room?"""
        refusals = [each for each in found if isinstance(each, Refusal)]
        if len(self.rows) + len(found) - len(refusals) > order.rows:
            self.full = True
            return False
        self.rows += [each for each in found if not isinstance(each, Refusal)]
        self.refusals += refusals[: order.refusals - len(self.refusals)]
        self.refused += len(refusals)
        return True


def parse(order: Order, position: Position, piece: bytes, *, last: bool) -> Parsed:
    """What is whole in the piece; with `last`, so is what has begun.

    Invalid or UnsupportedMediaType: its beginning says that it is no such file at all.
    """
    parsed = Parsed(position)
    if position.skipped and not _skip(parsed, order, piece, last=last):
        return parsed
    if parsed.position.lines == 0:
        check_beginning(piece, order.format)
        if not (last or has_first_line(piece)):
            return parsed
        if order.format == "csv" and not _read_header(parsed, piece, last=last):
            return parsed
    _read_rows(parsed, order, piece, last=last)
    return parsed


def _skip(parsed: Parsed, order: Order, piece: bytes, *, last: bool) -> bool:
    """Is the line that is too long over?"""
    at = parsed.position
    end = piece.find(b"\n") + 1
    parsed.used = end or len(piece)
    if not end and not last:
        parsed.position = replace(at, skipped=at.skipped + parsed.used)
        return False
    parsed.take([Refusal(at.lines + 1, "", "line_too_long", TOO_LONG)], order)
    offset = at.offset + at.skipped + parsed.used
    parsed.position = replace(at, offset=offset, lines=at.lines + 1, skipped=0)
    return True


def _read_header(parsed: Parsed, piece: bytes, *, last: bool) -> bool:
    """Is it there?"""
    start = len(BOM) if piece.startswith(BOM) else 0
    block = Block(piece[start:], last=last)
    found = header_of(block)
    if found is None:
        return False
    header, lines = found
    parsed.used = start + block.until(lines)
    parsed.position = Position(parsed.used, lines, header)
    return True


def _read_rows(parsed: Parsed, order: Order, piece: bytes, *, last: bool) -> None:
    at, before = parsed.position, parsed.used
    start = before + (len(BOM) if at.offset == 0 and piece.startswith(BOM) else 0)
    block = Block(piece[start:], last=last)
    lines = 0
    for found, after in _found(block, order, at):
        if not parsed.take(found, order):
            break
        lines = after
    if lines:
        parsed.used = start + block.until(lines)
    offset, skipped = at.offset + parsed.used - before, 0
    if lines == len(block) and block.begun > MOST_BYTES:
        skipped = len(piece) - parsed.used
        parsed.used = len(piece)
    parsed.position = Position(offset, at.lines + lines, at.header, skipped)


def _found(block: Block, order: Order, position: Position) -> Iterator[Found]:
    reader = _reader(order)
    if position.header:
        return csv_rows(block, position.lines, position.header, reader)
    return ndjson_rows(block, position.lines, reader)


def _reader(order: Order) -> Reader:
    match order.kind:
        case "profiles":
            return Reader(profile_rows.FIELDS, profile_rows.checked)
        case "members":
            return Reader(member_rows.FIELDS, member_rows.checked)
    return Reader(audience_rows.FIELDS, partial(audience_rows.checked, order.channel))
