"""From a block's lines to rows and refusals, as CSV or as NDJSON; a reader says what a row is."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from models.audience_header import Header
from models.audience_records import Broken, steps
from models.person_fields import WORD, Refusal
from models.upload_block import MOST_BYTES, TOO_LONG, Block, is_utf8

Row = tuple[Any, ...]  # its line first
# What one step read, and the line of the block after it.
Found = tuple[list[Row | Refusal], int]
NOT_UTF8 = "not UTF-8; save the file as UTF-8"
LONG_NUMBER = re.compile(rb"[0-9]{19}")
GREATEST = 2**64 - 1  # what JSON libraries keep exactly


class Reader(NamedTuple):
    """What an upload's records are: the fields they may have, and what is made of one."""

    fields: tuple[str, ...]
    checked: Callable[[int, Mapping[str, Any]], Row | Refusal]


def csv_rows(block: Block, before: int, header: Header, reader: Reader) -> Iterator[Found]:
    """All that is whole. Blank lines are none; a row's number is that of its first line."""
    for records, after in steps(block, before, header.delimiter):
        found: list[Row | Refusal] = []
        for at, cells in records:
            line = before + at + 1
            if isinstance(cells, Broken):
                found.append(Refusal(line, "", *cells))
            elif any(cells):
                broken = None if block.is_plain else _unstorable("".join(cells))
                found.append(
                    Refusal(line, "", *broken) if broken else _csv_row(line, cells, header, reader)
                )
        yield found, after


def _csv_row(line: int, cells: list[str], header: Header, reader: Reader) -> Row | Refusal:
    """An empty cell says nothing: the variable is missing rather than empty."""
    if len(cells) != len(header.columns):
        detail = f"{len(cells)} cells, the header has {len(header.columns)}"
        return Refusal(line, "", "bad_csv", detail)
    raw: dict[str, Any] = {name: cells[n].strip() for n, name in header.fields}
    if header.variables:
        raw["data"] = {name: cells[n] for n, name in header.variables if cells[n]}
    return reader.checked(line, raw)


def _unstorable(text: str) -> Broken | None:
    if not is_utf8(text):
        return Broken("not_utf8", NOT_UTF8)
    return Broken("nul", "NUL characters cannot be stored") if "\0" in text else None


def ndjson_rows(block: Block, before: int, reader: Reader) -> Iterator[Found]:
    """An object a line, read as strictly as the API reads its bodies."""
    for at, raw in enumerate(block.lines):
        line = before + at + 1
        if len(raw) > MOST_BYTES:
            yield [Refusal(line, "", "line_too_long", TOO_LONG)], at + 1
        elif raw.strip():
            yield [_json_row(line, raw, reader)], at + 1
        else:
            yield [], at + 1


def _json_row(line: int, raw: bytes, reader: Reader) -> Row | Refusal:
    try:
        found = orjson.loads(raw)
        if LONG_NUMBER.search(raw):
            found = json.loads(raw, parse_int=_bounded)
    except orjson.JSONDecodeError as error:
        if _is_bytes_of_no_text(raw):
            return Refusal(line, "", "not_utf8", NOT_UTF8)
        return Refusal(line, "", "bad_json", f"not JSON at column {error.colno}")
    except OverflowError:
        detail = "an integer of more than 64 bits; send it as a text"
        return Refusal(line, "", "number_too_large", detail)
    if not isinstance(found, dict):
        return Refusal(line, "", "bad_json", "not a JSON object")
    if unknown := next((name for name in found if name not in reader.fields), None):
        named = unknown if WORD.fullmatch(unknown) else ""
        return Refusal(line, named, "unknown_field", f"there are {', '.join(reader.fields)}")
    return reader.checked(line, found)


def _bounded(digits: str) -> int:
    if len(digits) > len(str(GREATEST)) + 1 or abs(number := int(digits)) > GREATEST:
        raise OverflowError
    return number


def _is_bytes_of_no_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False
