"""Uploads piece by piece: wherever they are cut, the same rows and refusals come out."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.audience_header import of_kept
from models.audience_rows import Row
from models.errors import TidingsError
from models.person_fields import Refusal
from models.upload_block import MOST_BYTES
from models.upload_lines import Format, Order, Position, parse

PERSON = b"ada@example.com"
# Whole lines and broken ones, quotes open and closed: all that may stand beside each other.
FRAGMENTS = [
    b"ada@example.com,Ada,1\n",
    b"bob@example.com,Bob\r\n",
    b'"eve@example.com","Eve, of ""Eden""",2\n',
    b'c@example.com,"C\nc",3\r\n',
    b'"open@example.com,Ada,1\n',
    b'd@example.com,"D,1\n',
    b'x","y\n',
    b'"""\n',
    b"\n",
    b"\r\n",
    b",,\n",
    b"\xff\xfe@example.com,Ada,1\n",
    "zoë@example.com,Zoë,3\n".encode(),
    "z@example.com,Zoë 👩🏽‍🚀,3\n".encode(),
    b"a\0@example.com,Ada,1\n",
    b"a@example.com,A\rB,1\n",
    b"x" * (MOST_BYTES + 9) + b"\n",
    b'a@example.com,"' + (b"x" * 999 + b"\n") * 66 + b'",1\n',
    b'{"to":"ada@example.com","data":{"n":1}}\n',
    b'{"to":"ada@example.com","nam":1}\n',
    b'{"to":"bob@example.com"\n',
    b'{"to":1}\r\n',
    b"no end",
    b'"',
    b"\r",
    b"\xc3",
]
HEADERS = [b"to,name,data.n\n", b"\xef\xbb\xbf\r\n\n To , NAME,Data.n\r\n", b"to;name\n", b""]
MARKS = [b'"', b",", b"\n", b"a@b.cc", b"x", b"\r\n", b"\r", b"\xc3", b"\xc3\xa4", b"\0", b'{"to":']
CASES = st.builds(
    lambda header, parts: header + b"".join(parts),
    st.sampled_from(HEADERS),
    st.lists(st.sampled_from(FRAGMENTS), max_size=12)
    | st.lists(st.sampled_from(MARKS), max_size=60),
)


@dataclass
class Upload:
    """What came out of the pieces, and every position that would have been stored."""

    position: Position = field(default_factory=Position)
    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    stored: list[tuple[Position, int, int]] = field(default_factory=list)
    error: str = ""

    @property
    def result(self) -> tuple[Any, ...]:
        at = self.position
        return self.rows, self.refusals, at.offset, at.lines, self.error


def upload(
    content: bytes, format: Format, cuts: list[int], start: Position | None = None
) -> Upload:
    found = Upload(start or Position())
    order = Order(format, rows=10_000, refusals=10_000)
    given, buffer = found.position.offset, b""
    for end in [*sorted(cut for cut in cuts if cut > given), None]:
        last = end is None or end >= len(content)
        buffer += content[given:end]
        try:
            parsed = parse(order, found.position, buffer, last=last)
        except TidingsError as error:
            found.error = error.reason
            return found
        assert len(parsed.refusals) == parsed.refused
        given, buffer = end or 0, buffer[parsed.used :]
        found.position = parsed.position
        found.rows += parsed.rows
        found.refusals += parsed.refusals
        found.stored.append((found.position, len(found.rows), len(found.refusals)))
        if last:
            break
        assert len(buffer) <= MOST_BYTES
    return found


@settings(max_examples=300, deadline=None)
@given(CASES, st.sampled_from(["csv", "ndjson"]), st.data())
def test_pieces_make_what_the_whole_makes(content: bytes, format: Format, data) -> None:
    cuts = data.draw(st.lists(st.integers(1, max(1, len(content))), max_size=20))

    assert upload(content, format, cuts).result == upload(content, format, []).result


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_byte_by_byte_makes_what_the_whole_makes(format: Format) -> None:
    short = [fragment for fragment in FRAGMENTS if len(fragment) < 1000]
    content = HEADERS[1] + b"".join(short) if format == "csv" else b"".join(short[18:] + short)

    pieces = upload(content, format, list(range(1, len(content))))

    assert pieces.rows
    assert len(pieces.refusals) > 5
    assert pieces.result == upload(content, format, []).result


@settings(max_examples=200, deadline=None)
@given(CASES, st.sampled_from(["csv", "ndjson"]), st.data())
def test_going_on_from_what_is_stored_makes_the_same(content: bytes, format: Format, data) -> None:
    whole = upload(content, format, [])
    cuts = data.draw(st.lists(st.integers(1, max(1, len(content))), max_size=5))
    for position, rows, refusals in upload(content, format, cuts).stored:
        kept = orjson.loads(orjson.dumps(position.header.kept())) if position.header else None
        again = Position(position.offset, position.lines, of_kept(kept))
        rest = upload(content, format, [], again)

        assert whole.rows[:rows] + rest.rows == whole.rows
        assert whole.refusals[:refusals] + rest.refusals == whole.refusals
        assert rest.error == whole.error


@given(CASES, st.sampled_from(["csv", "ndjson"]))
@example(b"to\na@example.com\na@example.com", "csv")
def test_each_line_is_said_once(content: bytes, format: Format) -> None:
    found = upload(content, format, [])
    lines = [row[0] for row in found.rows] + [refusal.line for refusal in found.refusals]

    assert len(set(lines)) == len(lines)
    assert all(1 <= line <= found.position.lines for line in lines)
    assert found.error or found.position.offset == len(content) or not content.strip()


def read(content: bytes, format: Format = "csv") -> dict[int, str]:
    """By line: the address, or the reason of the refusal."""
    found = upload(content, format, [])
    assert found.error == ""
    kept = {row[0]: row[1] for row in found.rows}
    return kept | {refusal.line: refusal.reason for refusal in found.refusals}


def test_an_open_quote_costs_one_line() -> None:
    lines = [b"to,name"] + [b"p%d@example.com,Ada" % n for n in range(2, 5000)]
    lines[9] = b'"p10@example.com,Ada'
    lines[99] = b'p100@example.com,"Ada'

    found = read(b"\n".join(lines))

    refused = {line: reason for line, reason in found.items() if "@" not in reason}
    assert refused == {10: "bad_csv", 100: "line_too_long"}
    assert len(found) == 4998


def test_a_quoted_line_break_counts_as_a_line() -> None:
    content = b'to,data.text\na@example.com,"1\n2\r\n3"\n\nb@example.com,x\nc@example.com,"\n'

    assert read(content) == {2: "a@example.com", 6: "b@example.com", 7: "bad_csv"}


def test_one_line_of_ten_megabytes_is_refused_and_never_held() -> None:
    content = b"to\na@example.com\n" + b"x" * 10_000_000 + b"\nb@example.com"
    pieces = upload(content, "csv", list(range(0, len(content), 50_000)))

    assert pieces.result == upload(content, "csv", []).result
    assert [row[:2] for row in pieces.rows] == [(2, "a@example.com"), (4, "b@example.com")]
    assert [(r.line, r.reason) for r in pieces.refusals] == [(3, "line_too_long")]


def test_a_line_of_64_kib_is_the_longest() -> None:
    long = b"a@example.com," + b"x" * (MOST_BYTES - 14)

    assert read(b"to,data.x\n%s\n%sx\n" % (long, long)) == {2: "a@example.com", 3: "line_too_long"}
    quoted = b'a@example.com,"' + b"x\n" * 30_000
    assert read(b"to,data.x\n" + quoted + b'"\n')[2] == "a@example.com"


def test_rows_that_are_not_utf8_are_refused_alone() -> None:
    content = "to,name\na@example.com,Zoë\n".encode() + "b@example.com,Zoë\n".encode("latin-1")
    assert read(content + b"c@example.com,C\n") == {
        2: "a@example.com",
        3: "not_utf8",
        4: "c@example.com",
    }
    lines = [b'{"to":"a@example.com"}', b'{"to":"b@example.com","name":"\xe9"}']
    assert read(b"\n".join(lines), "ndjson") == {1: "a@example.com", 2: "not_utf8"}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters_are_found_by_the_header(mark: str) -> None:
    rows = [["Name", " TO ", "data.Order", "Time_Zone"], ["Ada", " a@example.com", "7", "UTC"]]
    found = upload("\n".join(mark.join(row) for row in rows).encode(), "csv", [])

    assert found.rows == [(2, "a@example.com", "", "Ada", "", "UTC", '{"Order":"7"}')]


def test_empty_cells_were_not_given() -> None:
    found = upload(b"to,id,data.a,data.b\na@example.com,,,x\n,,,\n", "csv", [])

    assert found.rows == [(2, "a@example.com", "", "", "", "", '{"b":"x"}')]
    assert found.refusals == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]", "bad_json"),
        (b"nothing", "bad_json"),
        (b'{"to":"a@example.com"} {}', "bad_json"),
        (b'{"to":"a@example.com","name":"\\ud800"}', "bad_json"),
        (b'{"to":"a@example.com","data":{"a":NaN}}', "bad_json"),
        (b'{"to":"a@example.com","data":{"a":"\\u0000"}}', "data_nul"),
        (b'{"to":"a@example.com","data":{"a":123456789012345678901}}', "number_too_large"),
        (b'{"to":"a@example.com","adress":"x"}', "unknown_field"),
        (b'{"name":"Ada"}', "to_missing"),
        (b"[" * 5000, "bad_json"),
    ],
)
def test_a_bad_object_is_refused_alone(line: bytes, reason: str) -> None:
    assert read(b'{"to":"a@example.com"}\n' + line, "ndjson") == {1: "a@example.com", 2: reason}


def test_an_unknown_field_is_named_unless_it_may_be_an_address() -> None:
    found = upload(b'{"adress":1}\n{"ada@example.com":1}', "ndjson", [])

    assert [refusal.field for refusal in found.refusals] == ["adress", ""]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"to,nmae\n", "unknown_column"),
        (b"to,name,Name\n", "column_twice"),
        (b"name,locale\n", "to_missing"),
        (b"ada@example.com,Ada\n", "no_header"),
        (b'to,"name\n', "bad_header"),
        (b"to,name\rada@example.com,Ada\r", "old_mac_line_ends"),
        ("to,näme\n".encode("latin-1"), "not_utf8"),
        (b"to," + b"x" * MOST_BYTES, "line_too_long"),
        (b"\n" * MOST_BYTES + b"\nto\n", "line_too_long"),
        (b"to," + b",".join(b"data.v%d" % n for n in range(201)) + b"\n", "too_many_variables"),
        ("to,name\n".encode("utf-16"), "not_text"),
        ("to,name\n".encode("utf-16-le"), "not_text"),
        ("to,name\n".encode("utf-16-be"), "not_text"),
        (b"\x1f\x8b\x08\x00", "not_text"),
        (b"PK\x03\x04", "not_text"),
    ],
)
def test_what_is_no_such_csv_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    found = upload(content + PERSON, "csv", [])

    assert (found.error, found.rows, found.position) == (reason, [], Position())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'[{"to":"a@example.com"}]', "json_array"),
        (b'{"to":"a@example.com"}\r{"to":"b@example.com"}\r', "old_mac_line_ends"),
        ('{"to":"a@example.com"}'.encode("utf-16"), "not_text"),
    ],
)
def test_what_is_no_such_ndjson_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    assert upload(content, "ndjson", []).error == reason


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_nothing_is_nothing(format: Format) -> None:
    for content in (b"", b"\xef\xbb\xbf", b"\n\r\n"):
        found = upload(content, format, [])
        assert (found.rows, found.refusals, found.error) == ([], [], "")


def test_rows_beyond_the_room_are_not_taken() -> None:
    content = b"to\n" + b"".join(b"%d@example.com\n" % n for n in range(10)) + b"bad\n"
    order = Order("csv", rows=4, refusals=0)

    parsed = parse(order, Position(), content, last=True)
    rest = parse(Order("csv", 6, 0), parsed.position, content[parsed.used :], last=True)

    assert (parsed.full, len(parsed.rows), parsed.position.lines) == (True, 4, 5)
    assert (rest.full, len(rest.rows), rest.refused, rest.refusals) == (False, 6, 1, [])
    assert rest.position.offset == len(content)
