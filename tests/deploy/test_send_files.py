"""Files as people have them: what is read, what is refused, and what is said of it."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.sending import source
from deploy.sending.account import MOST_PIPED, Account
from deploy.sending.dispatch import MOST_BYTES, MOST_ITEMS, chunks
from deploy.sending.errors_file import ErrorsFile, neutral
from deploy.sending.intake import Intake
from deploy.sending.items import Defaults
from deploy.sending.refusals import CannotRead
from deploy.sending.spool import Item, Spool

WELCOME = Defaults(item={"template": "welcome"})


class Reading:
    """A file read, without anything sent."""

    def __init__(self, path: Path, defaults: Defaults, *, allow_duplicates: bool) -> None:
        self.spool = Spool()
        self._said = StringIO()
        self.errors_path = path.with_suffix(".errors")
        errors = ErrorsFile(self.errors_path)
        self.account = Account(Console(file=self._said), errors)
        intake = Intake(self.spool, self.account, defaults, allow_duplicates=allow_duplicates)
        with source.opened(path, None) as opened:
            intake.read(opened, lambda _: None)
        errors.close()

    @property
    def seen(self) -> list[str]:
        """What was told, line by line."""
        return self._said.getvalue().splitlines()

    @property
    def items(self) -> list[tuple[int, dict[str, Any]]]:
        return [(item.line, json.loads(item.body)) for item in self.spool.items()]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def read(
        content: str | bytes,
        defaults: Defaults = WELCOME,
        name: str = "people.csv",
        *,
        allow_duplicates: bool = False,
    ) -> Reading:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Reading(path, defaults, allow_duplicates=allow_duplicates)

    return read


def test_a_row_becomes_an_item_of_the_batch(read) -> None:
    header = "to,channel,name,locale,time_zone,template,data.order,dedupe_key"
    reading = read(f"{header}\nada@example.com,email,Ada,de,Europe/Berlin,receipt,4711,k-1\n")
    to = {"email": "ada@example.com", "name": "Ada", "locale": "de", "time_zone": "Europe/Berlin"}
    item = {"to": to, "template": "receipt", "data": {"order": "4711"}, "dedupe_key": "k-1"}
    assert reading.items == [(2, item)]


@pytest.mark.parametrize(
    ("address", "channel"),
    [
        ("ada@example.com", "email"),
        ("+4915112345678", "sms"),
        ("123456789", "telegram"),
        ("-100123", "telegram"),
        ("@tidings", "telegram"),
        ("https://example.com/hooks/7", "webhook"),
        ("HTTPS://user@example.com", "webhook"),
    ],
)
def test_the_form_of_an_address_tells_its_channel(read, address: str, channel: str) -> None:
    assert read(f"to\n{address}\n").items == [
        (2, {"to": {channel: address}, "template": "welcome", "data": {}})
    ]


def test_a_byte_order_mark_semicolons_and_windows_line_ends_are_read(read) -> None:
    reading = read(b"\xef\xbb\xbfto;name\r\nada@example.com;Ada, Countess\r\n")
    assert reading.items[0][1]["to"] == {"email": "ada@example.com", "name": "Ada, Countess"}


@pytest.mark.parametrize(
    "header", ["TO,Data.userName", " To , data.userName ", "to\tDATA.userName"]
)
def test_a_column_is_known_in_any_case_and_a_variable_keeps_its_own(read, header: str) -> None:
    row = "a@b.de\tA" if "\t" in header else "a@b.de,A"
    assert read(f"{header}\n{row}\n").items[0][1]["data"] == {"userName": "A"}


def test_the_delimiter_is_the_one_that_gives_known_columns(read) -> None:
    reading = read('to;"name";"data.x"\na@b.de;A, B;1\n')
    assert reading.items[0][1]["to"]["name"] == "A, B"


def test_a_pipe_is_told_a_thousand_refusals_and_how_many_more(read) -> None:
    reading = read("to\n" + "nobody\n" * (MOST_PIPED + 7))
    reading.account.tell_rest()
    *told, last = reading.seen
    assert len(told) == MOST_PIPED
    assert last == f"… and 7 more, all of them in {reading.errors_path}"
    assert len(reading.errors_path.read_text().splitlines()) == MOST_PIPED + 8


def test_quotes_and_line_breaks_in_a_cell_are_kept_and_lines_counted_on(read) -> None:
    reading = read('to,data.note\na@b.de,"one ""two""\r\nthree"\n\n,\nc@d.de,x\n')
    assert [(line, item["data"]) for line, item in reading.items] == [
        (2, {"note": 'one "two"\r\nthree'}),
        (6, {"note": "x"}),
    ]


def test_an_empty_cell_says_nothing(read) -> None:
    assert read("to,name,data.x\na@b.de,,\n").items[0][1]["data"] == {}


def test_flags_fill_what_a_row_does_not_say(read) -> None:
    defaults = Defaults(
        person={"locale": "fr"},
        item={"template": "news", "data": {"title": "T", "body": "B"}, "metadata": {"run": "7"}},
    )
    reading = read("to,locale,data.title\na@b.de,de,mine\nc@d.de,,\n", defaults)
    (_, first), (_, second) = reading.items
    assert first["data"] == {"title": "mine", "body": "B"}
    assert first["to"]["locale"] == "de"
    assert second["data"] == {"title": "T", "body": "B"}
    assert second["to"]["locale"] == "fr"
    assert second["metadata"] == {"run": "7"}


def test_a_line_of_ndjson_is_an_item_or_an_address_with_a_channel(read) -> None:
    lines = [
        {"to": {"email": "a@b.de", "sms": "+4915112345678"}, "content": {"sms": {"text": "x"}}},
        {"to": "7", "channel": "telegram", "name": "Ada"},
        {"to": 8},
    ]
    reading = read("\n\n".join(map(json.dumps, lines)), name="people.jsonl")
    assert reading.items == [
        (1, lines[0]),
        (3, {"to": {"telegram": "7", "name": "Ada"}, "template": "welcome"}),
        (5, {"to": {"telegram": "8"}, "template": "welcome"}),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("to,templat\n", "unknown column 'templat'; there are to, channel, name, locale"),
        ("email,name\n", "unknown column 'email': the column of addresses is `to`"),
        ("Phone Number\n", "unknown column 'phone number': the column of addresses is `to`"),
        ("to;name;data.a,b\n", "unknown column 'data.a,b'; there are"),
        ("to,name\ra@b.de,A\r", "the lines end with CR alone, as on old Macs"),
        ("to\r" + "a@b.de\r" * 200_000, "the lines end with CR alone, as on old Macs"),
        ("to,to\n", "the column to is there twice"),
        ("to,TO\n", "the column to is there twice"),
        ("name\nAda\n", "the column to is missing"),
        ("", "is empty"),
        (b"to,name\na@b.de,Ad\xe9\n", "line 2, byte 10: 0xE9 is not UTF-8"),
        ("to\n".encode("utf-16"), "line 1, byte 1: 0xFF is not UTF-8"),
        ('to,name\na@b.de,A\nc@d.de,"Ada\ne@f.de,B\n', "line 3: a quoted field of this row never"),
        ('[{"to": "a@b.de"}]', "is a JSON array"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(read, content: str, words: str) -> None:
    with pytest.raises(CannotRead) as refused:
        read(content, name="people.txt")
    assert words in str(refused.value)


def test_a_csv_without_a_template_anywhere_is_refused_as_a_whole(read) -> None:
    with pytest.raises(CannotRead, match="the column template is missing, and so is --template"):
        read("to\na@b.de\n", Defaults())


@pytest.mark.parametrize(
    ("name", "line", "problem"),
    [
        ("a.csv", "a@b.de", "line 2: 1 cells, the header has 2 (bad_csv)"),
        ("a.csv", '"a@b.de"x,y', "line 2: not CSV: ',' expected after '\"' (bad_csv)"),
        ("a.csv", "a@b.de,x\0", "line 2: NUL characters cannot be stored (nul)"),
        ("a.csv", "a@b.de," + "x" * 1_000_000, "line 2: longer than 1,000,000 bytes"),
        (
            "a.csv",
            'a@b.de,"' + ("x" * 999 + "\n") * 999 + "x" * 1000,
            "is a quote left open? (line_too_long)",
        ),
        ("a.csv", "Ada,x", "line 2: to: its form tells no channel"),
        ("a.ndjson", '{"to": ', "line 2: not JSON at column"),
        ("a.ndjson", '["a@b.de"]', "line 2: not a JSON object (bad_json)"),
        ("a.ndjson", '{"to": "a@b.de", "data": {"x": "\\u0000"}}', "line 2: NUL characters"),
        ("a.ndjson", '{"to":"a@b.de","data":' + '{"a":' * 30 + "1" + "}" * 31, "line 2: more than"),
        ("a.ndjson", '{"to": true}', "line 2: to: neither an address nor an object"),
        ("a.ndjson", '{"to": "x@y.de", "channel": "fax"}', "line 2: channel: no such channel"),
        ("a.ndjson", '{"to": "' + "x" * 1_000_000 + '"}', "line 2: longer than 1,000,000 bytes"),
    ],
)
def test_a_bad_line_is_named_and_the_others_go_on(read, name: str, line: str, problem: str) -> None:
    first, last = "to,data.x", "z@example.com,x"
    if name.endswith("ndjson"):
        first, last = '{"to": "y@example.com"}', '{"to": "z@example.com"}'
    reading = read(f"{first}\n{line}\n{last}\n", name=name)
    assert len(reading.seen) == 1
    assert problem in reading.seen[0]
    assert reading.items[-1][1]["to"] == {"email": "z@example.com"}


def test_the_same_person_and_template_again_is_refused_with_the_first_line(read) -> None:
    reading = read(
        "to\na@EXAMPLE.com\nb@example.com\na@example.com\n+49 151 12345678\n+4915112345678\n"
    )
    assert reading.seen == [
        "line 4: to: duplicate of line 2 (same email address and template) (duplicate_in_file)",
        "line 6: to: duplicate of line 5 (same sms address and template) (duplicate_in_file)",
    ]
    assert (reading.account.totals.duplicates, reading.spool.count) == (2, 3)


def test_a_dedupe_key_decides_alone_what_is_the_same(read) -> None:
    reading = read("to,dedupe_key\na@b.de,1\na@b.de,2\nc@d.de,1\n")
    assert reading.seen == [
        "line 4: dedupe_key: duplicate of line 2 (same dedupe_key) (duplicate_in_file)"
    ]
    assert reading.spool.count == 2


def test_duplicates_pass_when_they_are_allowed(read) -> None:
    reading = read("to\na@b.de\na@b.de\n", allow_duplicates=True)
    assert (reading.seen, reading.spool.count) == ([], 2)


def test_a_bad_address_is_left_to_the_api_however_often_it_comes(read) -> None:
    assert read("to\na@@b\na@@b\n").spool.count == 2


def test_the_digest_is_the_content_not_its_line_ends(read) -> None:
    one, same = read("to\na@b.de\nc@d.de\n"), read("to\r\n\r\na@b.de\r\nc@d.de", name="b.csv")
    other = read("to\nc@d.de\na@b.de\n")
    assert one.spool.digest == same.spool.digest
    assert one.spool.digest != other.spool.digest


def test_chunks_keep_to_a_thousand_items_and_nine_megabytes() -> None:
    small = [Item(n, "", "", None, b"{}") for n in range(2 * MOST_ITEMS + 1)]
    assert [len(chunk) for chunk in chunks(small)] == [1000, 1000, 1]
    large = [Item(n, "", "", None, b"x" * 1_000_000) for n in range(20)]
    sizes = [sum(len(item.body) + 1 for item in chunk) for chunk in chunks(large)]
    assert max(sizes) <= MOST_BYTES
    assert [len(chunk) for chunk in chunks(large)] == [8, 8, 4]


def test_no_cell_of_the_errors_file_is_a_formula(read, tmp_path: Path) -> None:
    assert [neutral(cell) for cell in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=b", "")] == [
        *("'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a=b", "")
    ]
    reading = read('to,name\na@b.de\n"x""y@z,n",n\n')
    assert reading.errors_path.read_text().splitlines() == [
        "line,field,code,detail",
        '2,,bad_csv,"1 cells, the header has 2"',
    ]
