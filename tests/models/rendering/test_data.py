"""What data is taken, and how a refusal says what was found."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.errors import Invalid
from models.rendering.data import MAX_BYTES, check_data


def nested(levels: int) -> dict[str, Any]:
    data: Any = 1
    for level in range(levels):
        data = {"a": data} if level % 2 == 0 or level == levels - 1 else [data]
    return data


def refusal(data: object) -> Invalid:
    with pytest.raises(Invalid) as caught:
        check_data(data)
    return caught.value


def test_six_levels_are_taken_and_a_seventh_is_counted() -> None:
    check_data(nested(6))
    error = refusal(nested(7))
    assert str(error) == "data is 7 levels deep; at most 6"
    assert (error.field, error.reason, error.limit) == ("data", "data_too_deep", 6)


def test_data_thousands_deep_is_refused_without_recursion() -> None:
    assert str(refusal(nested(50_000))) == "data is 50000 levels deep; at most 6"


def test_size_is_counted_in_bytes_of_json() -> None:
    check_data({"a": "x" * (MAX_BYTES - len('{"a":""}'))})
    error = refusal({"a": "é" * (MAX_BYTES // 2)})
    assert (error.reason, error.limit) == ("data_too_large", MAX_BYTES)
    assert str(error) == f"data is {MAX_BYTES + 8} bytes of JSON; at most {MAX_BYTES}"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([1], "data_not_an_object"),
        (None, "data_not_an_object"),
        ({"a": "x\0"}, "data_nul"),
        ({"a\0": 1}, "data_nul"),
        ({"a": ["\\\0"]}, "data_nul"),
        ({"a": "\ud800"}, "data_not_json"),
        ({"a": 2**64}, "data_not_json"),
        ({"a": float("nan")}, "data_not_json"),
        ({"a": [1.5, float("-inf")]}, "data_not_json"),
        ({1: 2}, "data_not_json"),
        ({"a": {1: 2}}, "data_not_json"),
        ({"a": {1, 2}}, "data_not_json"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, "data_not_json"),
    ],
)
def test_what_json_or_the_database_cannot_hold_is_refused(data: object, reason: str) -> None:
    assert refusal(data).reason == reason


def test_a_backslash_and_u0000_written_out_is_text() -> None:
    check_data({"a": "\\u0000", "b": [1, 2.5, None, True, {"c": "ü"}]})
