"""A line of a bulk upsert, whatever it holds: a profile in its one form, or a refusal."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import profile_rows
from models.person_fields import Refusal
from models.profile_rows import FIELDS, checked
from models.upload_lines import Order, Position, parse

WORDS = st.sampled_from([
    "", "4711", "Ada", "a@example.org", "a@EXAMPLE.org", "+49 151 12345678", "@ming", "email",
    "sms", "telegram", "fax", "de_DE", "Europe/Berlin", "a\nb", "a\0b", "x" * 300,
])  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-5, 2000) | st.floats() | WORDS
JSON = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=4) | st.dictionaries(WORDS, part, max_size=4)
)
CONTACT = st.dictionaries(st.sampled_from(["channel", "address", "rank", "x"]), SCALARS)
PROFILE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(FIELDS, JSON),
        "contacts": st.lists(CONTACT, max_size=4) | JSON,
        "external_id": WORDS | st.integers(),
    },
)
COLUMNS = {"name", "locale", "time_zone", "metadata", "contacts"}


@settings(max_examples=150, deadline=None)
@given(PROFILE)
@example({"external_id": "x", "contacts": [{"channel": ["email"], "address": 1}]})
@example({"external_id": "x", "contacts": [{"channel": {}, "address": {}}]})
def test_it_is_kept_in_its_one_form_or_refused(raw: dict[str, Any]) -> None:
    found = checked(7, raw)

    if isinstance(found, Refusal):
        assert found.line == 7
        assert found.field.split(".")[0] in FIELDS
        assert found.reason
        assert "example.org" not in found.detail
        return
    line, external_id, said = found
    assert line == 7
    assert 1 <= len(external_id) <= 200
    assert set(said) == {name for name in COLUMNS if raw.get(name) is not None}
    again = checked(7, {"external_id": external_id, **said})
    assert again == found  # what is in its one form stays so


@settings(max_examples=60, deadline=None)
@given(st.lists(PROFILE | JSON, max_size=8), st.integers(1, 50))
def test_every_line_is_a_row_or_a_refusal_wherever_it_is_cut(said: list[Any], piece: int) -> None:
    content = b"".join(json.dumps(each).encode() + b"\n" for each in said)
    order = Order("ndjson", rows=100, refusals=100, kind="profiles")

    whole = _parsed(order, content, len(content) or 1)
    pieces = _parsed(order, content, piece)

    assert whole == pieces
    if isinstance(whole, str):  # what begins as an array is no NDJSON
        assert content.startswith(b"[")
        return
    rows, refusals = whole
    assert sorted([row[0] for row in rows] + [each.line for each in refusals]) == list(
        range(1, len(said) + 1)
    )


def _parsed(order: Order, content: bytes, size: int) -> Any:
    position, buffer = Position(), b""
    rows: list[Any] = []
    refusals: list[Refusal] = []
    for start in range(0, len(content) + 1, size):
        last = start + size > len(content)
        buffer += content[start : start + size]
        try:
            parsed = parse(order, position, buffer, last=last)
        except Exception as error:  # noqa: BLE001 - the same, however it is cut
            return type(error).__name__
        position, buffer = parsed.position, buffer[parsed.used :]
        rows += parsed.rows
        refusals += parsed.refusals
    return rows, refusals


@pytest.mark.parametrize(
    ("given", "ranks"),
    [
        ([{}, {}], [0, 1]),
        ([{"rank": 5}, {}], [5, 1]),
        ([{"rank": None}, {"rank": 0}], [0, 0]),
    ],
)
def test_contacts_are_ranked_by_their_order_unless_they_say(given, ranks) -> None:
    contacts = [
        {"channel": "email", "address": f"p{n}@example.org", **more} for n, more in enumerate(given)
    ]

    assert [each["rank"] for each in profile_rows.contacts(contacts)] == ranks


def test_a_chats_number_is_its_address() -> None:
    assert profile_rows.contact({"channel": "telegram", "address": 4711}) == {
        "channel": "telegram",
        "address": "4711",
        "rank": 0,
    }
