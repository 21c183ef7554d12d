"""A row is kept in its one form, or refused by field and reason, and never quoted."""

import json
from typing import Any

import pytest

from models.audience_rows import checked
from models.messages import Channel
from models.person_fields import Refusal

SECRET = "canary"
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"to": None}, "to", "to_missing"),
    ({"to": ""}, "to", "to_missing"),
    ({"to": f"{SECRET}.example.com"}, "to", "email_invalid"),
    ({"to": f"{SECRET}@@example.com"}, "to", "email_invalid"),
    ({"to": f"{SECRET}@example.com\nBcc: b@example.com"}, "to", "address_invalid"),
    ({"to": f"{SECRET}@{'x' * 400}.com"}, "to", "address_invalid"),
    ({"to": 4711}, "to", "not_a_text"),
    ({"to": [SECRET]}, "to", "not_a_text"),
    ({"id": SECRET + "x" * 200}, "id", "too_long"),
    ({"id": f"{SECRET}\0"}, "id", "nul"),
    ({"id": 4.5}, "id", "not_a_text"),
    ({"id": True}, "id", "not_a_text"),
    ({"name": SECRET + "x" * 200}, "name", "too_long"),
    ({"name": f"{SECRET}\nLovelace"}, "name", "not_one_line"),
    ({"name": f"{SECRET}\u2028"}, "name", "not_one_line"),
    ({"name": f"{SECRET}\0"}, "name", "not_one_line"),
    ({"locale": f"{SECRET}, please"}, "locale", "locale_invalid"),
    ({"locale": "de" + "-abcdefgh" * 4}, "locale", "locale_invalid"),
    ({"time_zone": f"Mars/{SECRET}"}, "time_zone", "unknown_time_zone"),
    ({"time_zone": "localtime"}, "time_zone", "unknown_time_zone"),
    ({"data": [SECRET]}, "data", "data_not_an_object"),
    ({"data": {str(n): SECRET for n in range(201)}}, "data", "too_many_variables"),
    ({"data": {"a": SECRET + "x" * 131_072}}, "data", "data_too_large"),
    ({"data": {"a": f"{SECRET}\0"}}, "data", "data_nul"),
    ({"data": {"a": f"{SECRET}\ud800"}}, "data", "data_not_json"),
    ({"data": {"a": [[[[[[[SECRET]]]]]]]}}, "data", "data_too_deep"),
    ({"data": {"a": float("inf")}}, "data", "data_not_json"),
]


@pytest.mark.parametrize(("wrong", "field", "reason"), REFUSED)
def test_what_cannot_be_sent_is_refused(wrong: dict[str, Any], field: str, reason: str) -> None:
    found = checked(Channel.EMAIL, 7, {"to": "ada@example.com", **wrong})

    assert isinstance(found, Refusal)
    assert (found.line, found.field, found.reason) == (7, field, reason)
    assert found.detail
    assert SECRET not in found.detail


def test_a_row_has_the_columns_of_its_table() -> None:
    raw = {
        "to": " Ada@EXAMPLE.com ",
        "id": 4711,
        "name": "Zoë 👩🏽‍🚀 \u200fرنا",
        "locale": "pt_BR",
        "time_zone": "Europe/Berlin",
        "data": {"order": "4711", "lines": [{"n": 1}]},
    }

    line, *texts, data = checked(Channel.EMAIL, 2, raw)

    assert line == 2
    assert texts == ["Ada@example.com", "4711", raw["name"], "pt-BR", "Europe/Berlin"]
    assert json.loads(str(data)) == raw["data"]


def test_what_is_null_or_empty_was_not_given() -> None:
    nothing = dict.fromkeys(("id", "name", "locale", "time_zone", "data"))
    bare = (1, "ada@example.com", "", "", "", "", "{}")

    assert checked(Channel.EMAIL, 1, {"to": "ada@example.com", **nothing}) == bare
    assert checked(Channel.EMAIL, 1, {"to": "ada@example.com", "id": "", "data": {}}) == bare


@pytest.mark.parametrize(
    ("channel", "to", "address"),
    [
        (Channel.SMS, "+49 151 12345678", "+4915112345678"),
        (Channel.TELEGRAM, 123456789, "123456789"),
    ],
)
def test_addresses_are_the_channels(channel: Channel, to: object, address: str) -> None:
    assert checked(channel, 1, {"to": to})[1] == address
