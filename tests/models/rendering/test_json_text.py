"""A webhook's body: whatever the data are, they are one value, or part of one text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.rendering import content as contents

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def body(source: str, **data: Any) -> str:
    content = {"webhook": {"default": {"body": source}}}
    contents.check(content)
    return contents.render(content, "webhook", "", data).text


def refusal(source: str, **data: Any) -> Invalid:
    with pytest.raises(Invalid) as raised:
        body(source, **data)
    assert raised.value.field == "content.webhook.default.body"
    return raised.value


@given(VALUES)
def test_outside_a_string_data_are_a_whole_value(value: Any) -> None:
    assert json.loads(body('{"a": {{ a }}, "b": 1}', a=value)) == {"a": value, "b": 1}


@given(TEXTS, TEXTS)
def test_inside_a_string_data_stay_inside(one: str, two: str) -> None:
    source = '{"a": ["<{{ a }}|{{ b.c }}>", "\\"{{ a }}"], "b": 1}'
    expected = {"a": [f"<{one}|{two}>", f'"{one}'], "b": 1}
    assert json.loads(body(source, a=one, b={"c": two})) == expected


@given(st.lists(TEXTS, max_size=5), st.booleans())
def test_lists_are_written_by_loops(items: list[str], more: bool) -> None:
    source = (
        '{"a": [{% for item in items %}{"b": {{ item }}}{% if not loop.last %},{% endif %}'
        '{% endfor %}]{% if more %}, "c": "{{ items|length }}"{% endif %}}'
    )
    expected: dict[str, Any] = {"a": [{"b": item} for item in items]}
    found = json.loads(body(source, items=items, more=more))
    assert found == (expected | {"c": str(len(items))} if more else expected)


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ('{"a": ["Hello {{ a }}"]}', {"a": '", "x'}),
        ('{"a": "{{ a }}"}', {"a": '\\", "admin": true, "b": "'}),
        ('{"a": "{{ a|replace(\'x\', b) }}"}', {"a": "x", "b": '"'}),
        ('{"a": "{{ a|e }}"}', {"a": '"'}),
        ('{"a": "{{ a if a else b }}"}', {"a": "", "b": '"'}),
        ('{"a": "{% set c = a %}{{ c }}{{ \'\\"\' }}"}', {"a": '"}'}),
    ],
)
def test_nothing_breaks_out(source: str, data: dict[str, str]) -> None:
    assert list(json.loads(body(source, **data))) == ["a"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('{"a": {% if a %}"{% endif %}x"}', "line 1: a string that begins inside a tag"),
        ('{"a": {% if a %}"{% elif b %}1{% else %}"{% endif %}"}', "a string that begins inside"),
        ('{"a": {% for b in a %}"{% endfor %}"}', "a string that begins inside a tag"),
        ('{"a": "\\{{ a }}"}', "line 1: a backslash at the end of a part"),
        ('{"a": "{{ a }}}', "the last string is not closed"),
        ('{"a": {{ a }}', "not JSON: "),
        ('{"a": 1,}', "not JSON: "),
        ('["{{ a }}"]', "not a JSON object"),
        ("{{ a }}", "not a JSON object"),
        ('{"a": "\n"}', "not JSON: "),
    ],
)
def test_what_is_no_json_is_refused_at_acceptance(source: str, says: str) -> None:
    error = refusal(source, a="secret", b="")
    assert error.reason == "webhook_json"
    assert says in str(error)
    assert "secret" not in str(error)


def test_a_list_does_not_fit_into_a_text() -> None:
    assert refusal('{"a": "{{ a }}"}', a=[1]).reason == "template_type"


def test_what_is_not_in_the_data_is_named() -> None:
    error = refusal('{"a": {{ order }}}')
    assert (error.reason, str(error)) == ("template_undefined", "line 1: 'order' is undefined")


def test_a_body_has_its_limit() -> None:
    error = refusal('{"a": {{ a }}, "b": {{ a }}}', a="x" * 140_000)
    assert (error.reason, error.limit) == ("webhook_too_long", 256 * 1024)


def test_a_webhook_needs_a_body_and_nothing_else() -> None:
    for parts, field in (({"text": "x"}, "text"), ({"subject": "x"}, "subject")):
        with pytest.raises(Invalid) as raised:
            contents.check({"webhook": {"default": parts}})
        assert raised.value.field == f"content.webhook.default.{field}"
