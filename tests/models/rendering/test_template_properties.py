"""Whatever the data and the template: escaped, or Invalid, and nothing else."""

import html
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from models.errors import Invalid
from models.rendering.data import check_data
from models.rendering.escaping import Escaping, escaped
from models.rendering.filters import FILTERS
from models.rendering.templates import compile_template

NAMES = ["a", "b", "c"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
DATA = st.dictionaries(st.sampled_from(NAMES), VALUES)
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"])
EXPRESSIONS = st.recursive(
    st.sampled_from([*NAMES, "a.b", "a['x']", "b[0]", "a[b]", "1", "-1", "2.5", "'<x>'", "none"]),
    lambda inner: (
        st.builds("({})|{}".format, inner, st.sampled_from(sorted(FILTERS)))
        | st.builds("({})|default({})".format, inner, inner)
        | st.builds("({})|replace({}, {})".format, inner, inner, inner)
        | st.builds("({})|truncate({})".format, inner, inner)
        | st.builds("({})|date({})".format, inner, inner)
        | st.builds("({})|number({})".format, inner, inner)
        | st.builds("({}) {} ({})".format, inner, OPERATORS, inner)
        | st.builds("({})[{}]".format, inner, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
    ),
    max_leaves=5,
)
TEMPLATES = st.recursive(
    st.builds("{{{{ {} }}}}".format, EXPRESSIONS) | st.sampled_from(["text", "}}", "{# #}", "\n"]),
    lambda inner: (
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, EXPRESSIONS, inner, inner)
        | st.builds("{{% for b in a %}}{}{{{{ loop.index }}}}{{% endfor %}}".format, inner)
        | st.builds("{{% set c = {} %}}{}".format, EXPRESSIONS, inner)
        | st.builds("{}{}".format, inner, inner)
    ),
    max_leaves=4,
)


RESERVED = {"and", "or", "not", "if", "else", "in", "is", "none", "true", "false"}
RESERVED |= {"loop", "self", "super", "caller", "varargs", "kwargs"}


def rendered(source: str, escaping: Escaping, data: dict[str, Any]) -> str | Invalid:
    """The text or the refusal; any other error fails the test."""
    try:
        return compile_template(source, escaping).render(data)
    except Invalid as error:
        return error


@settings(deadline=None, max_examples=80)
@given(source=TEMPLATES, data=DATA, escaping=st.sampled_from(Escaping))
def test_a_template_gives_text_or_invalid(
    source: str, data: dict[str, Any], escaping: Escaping
) -> None:
    result = rendered(source, escaping, data)
    assert type(result) is str or result.reason.startswith(("template_", "header_"))


@settings(deadline=None, max_examples=100)
@given(source=st.text(st.sampled_from("{}%#'\"|.ab()[] \n-<if endfor")))
def test_any_source_compiles_or_is_invalid(source: str) -> None:
    result = rendered(source, Escaping.HTML, {})
    assert type(result) is str or result.reason.startswith("template_")


@settings(deadline=None, max_examples=80)
@given(source=TEMPLATES, data=DATA)
def test_data_never_brings_markup(source: str, data: dict[str, Any]) -> None:
    """The sources hold no tag outside of expressions, so no tag may come out."""
    result = rendered(source, Escaping.HTML, data)
    assert isinstance(result, Invalid) or not set("<>\"'") & set(result)


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_escaped_reads_as_it_was(value: str) -> None:
    result = rendered("{{ a }}", Escaping.HTML, {"a": value})
    assert isinstance(result, str)
    assert html.unescape(result) == html.unescape(html.escape(value))


@given(value=st.text() | st.text(st.sampled_from("&<>\"'a;")))
def test_escaping_is_that_of_markupsafe(value: str) -> None:
    assert escaped(value) == str(escape(value))


@given(
    name=st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True).filter(lambda n: n not in RESERVED)
)
def test_a_missing_name_is_named(name: str) -> None:
    result = rendered("{{ " + name + " }}", Escaping.TEXT, {})
    assert str(result) == f"line 1: '{name}' is undefined"


@settings(deadline=None)
@given(data=st.dictionaries(st.text(), VALUES))
def test_data_that_passes_is_what_the_database_can_keep(data: dict[str, Any]) -> None:
    refused = False
    try:
        check_data(data)
    except Invalid:
        refused = True
    assert refused or not any(unkept(text) for text in texts(data))


def texts(value: Any) -> Iterator[str]:
    """Every text in it, keys too."""
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from texts(part)


def unkept(text: str) -> bool:
    """PostgreSQL keeps no NUL and nothing that UTF-8 cannot say."""
    return any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)
