"""What a version declares: all that it reads, by types that data keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.rendering.declared import FITTING, check_types, variables_of
from models.template_draft import MOST_VARIABLES, drafted

VALUES = {
    "string": ["", "a"],
    "number": [0, 1.5, -3],
    "boolean": [True, False],
    "list": [[], [1]],
    "object": [{}, {"a": 1}],
}


def content(*texts: str) -> dict[str, dict[str, dict[str, str]]]:
    locales = ("default", "de", "fr")
    return {"sms": {locale: {"text": text} for locale, text in zip(locales, texts, strict=False)}}


@given(st.sampled_from(sorted(FITTING)), st.sampled_from(sorted(VALUES)), st.data())
def test_a_value_fits_its_own_type_and_any(declared: str, kind: str, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(VALUES[kind]))
    check_types({"x": None}, {"x": declared})
    check_types({}, {"x": declared})
    if declared in (kind, "any"):
        check_types({"x": value}, {"x": declared})
    else:
        with pytest.raises(Invalid) as refused:
            check_types({"x": value}, {"x": declared})
        assert (refused.value.reason, refused.value.limit) == ("wrong_type", declared)


def test_what_is_declared_may_be_more_than_is_read() -> None:
    assert variables_of(content("{{ a }}"), {"a": "any", "b": "list"}) == ["a", "b"]
    assert variables_of(content("{{ b }}", "{{ a }}"), None) == ["a", "b"]
    assert variables_of(content("plain"), {}) == []


@pytest.mark.parametrize(
    ("texts", "field", "words"),
    [
        (("{{ a }}\n\n{{ b }}",), "default", "line 3: 'b'"),
        (("{{ a }}", "x\n{% if b %}{% endif %}"), "de", "line 2: 'b'"),
        (("{% for x in b %}{{ x }}{% endfor %}",), "default", "line 1: 'b'"),
        (("{{ c }}{% set b = 1 %}\n{{ b }}",), "default", "line 1: 'c'"),
        (("{{ z }}\n{{ b }}",), "default", "line 1: 'z'"),
        (("{{ " + "b" * 5000 + " }}",), "default", "declared: a"),
    ],
    ids=["later", "another locale", "loop", "set", "the first", "long"],
)
def test_what_is_not_declared_is_named_with_its_line(texts, field, words) -> None:
    with pytest.raises(Invalid) as refused:
        variables_of(content(*texts), {"a": "any"})

    assert refused.value.reason == "template_undeclared"
    assert refused.value.field == f"content.sms.{field}.text"
    assert words in str(refused.value)
    assert len(str(refused.value)) < 250


def test_a_name_of_a_loop_is_none_of_data() -> None:
    text = "{% for x in xs %}{{ x }}{{ loop.index }}{% endfor %}"
    assert variables_of(content(text), {"xs": "list"}) == ["xs"]


def test_variables_are_bounded() -> None:
    text = "".join(f"{{{{ v{n} }}}}" for n in range(MOST_VARIABLES + 1))
    with pytest.raises(Invalid) as refused:
        drafted(content(text), None)
    assert (refused.value.reason, refused.value.limit) == ("too_many_variables", MOST_VARIABLES)
