"""What templates can do: the language, its filters, escaping, and how errors read."""

from typing import Any

import pytest

from models.errors import Invalid
from models.rendering.allowed import ALLOWED
from models.rendering.escaping import Escaping
from models.rendering.filters import FILTERS
from models.rendering.templates import compile_template

# All but JSON, which has a way to write each value: test_json_text.py.
PRINTING = [escaping for escaping in Escaping if escaping is not Escaping.JSON]


def text(source: str, **data: Any) -> str:
    return compile_template(source, Escaping.TEXT).render(data)


def html(source: str, **data: Any) -> str:
    return compile_template(source, Escaping.HTML).render(data)


def refusal(source: str, escaping: Escaping = Escaping.TEXT, **data: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        compile_template(source, escaping).render(data)
    return caught.value


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("name", "ann lee"),
        ("order.items", "3"),  # an object's method is never what is meant
        ("order['items']", "3"),
        ("lines[0].name", "Pen"),
        ("lines[-1].name", "Ink"),
        ("lines[9].name|default('-')", "-"),
        ("order[key]", "3"),
        ("name[0]", "a"),
        ("nothing", ""),
        ("yes", "true"),
        ("not yes", "false"),
        ("total", "1234.5"),
        ("name|upper", "ANN LEE"),
        ("'ABC'|lower", "abc"),
        ("name|title", "Ann Lee"),
        ("name|capitalize", "Ann lee"),
        ("'  a '|trim", "a"),
        ("name|replace('n', 'm')", "amm lee"),
        ("name|replace('x', 'yyy')", "ann lee"),
        ("'one two three'|truncate(9)", "one two…"),
        ("'one two three'|truncate(9, true, '')", "one two t"),
        ("'one'|truncate(3)", "one"),
        ("tags|join(', ')", "a, b, 3"),
        ("tags|first ~ ''", None),
        ("tags|first", "a"),
        ("tags|last", "3"),
        ("none_there|first|default('none')", "none"),
        ("tags|length", "3"),
        ("name|count", "7"),
        ("'12'|int", "12"),
        ("12.9|int", "12"),
        ("'x'|int(7)", "7"),
        ("'1.5'|float", "1.5"),
        ("'x'|float(1.5)", "1.5"),
        ("'nan'|float(0)", "0"),
        ("'inf'|float(none)", ""),
        ("tags|int(7)", "7"),
        ("'x'|int(fallback=7)", "7"),
        ("-total", "-1234.5"),
        ("tags|join('\\n\\t')", "a\n\tb\n\t3"),
        ("2.5|round", "3.0"),
        ("2.345|round(2)", "2.35"),
        ("total|number(2)", "1,234.50"),
        ("total|number(2, ',', '.')", "1.234,50"),
        ("-1234567|number", "-1,234,567"),
        ("at|date", "2026-03-09"),
        ("at|date('%A, %d %B %Y, %H:%M')", "Monday, 09 March 2026, 07:05"),
        ("'a b&c/d'|urlencode", "a%20b%26c/d"),
        ("missing|default('x')", "x"),
        ("missing.deep.down|default('x')", "x"),
        ("nothing.deep|default('x')", "x"),
        ("''|default('x', true)", "x"),
        ("''|d('x')", ""),
        ("'a' if yes else 'b'", "a"),
        ("total > 1000 and total <= 1234.5", "true"),
        ("name == 'ann lee' or missing", "true"),
        ("'b' in tags", "true"),
        ("'z' not in tags", "true"),
        ("'items' in order", "true"),
        ("key in ['items', 'other']", "true"),
        ("missing is defined", "false"),
        ("order.missing is undefined", "true"),
        ("nothing is none", "true"),
        ("total is number", "true"),
        ("name is string", "true"),
        ("yes is boolean", "true"),
        ("3 is odd", "true"),
        ("3 is even", "false"),
    ],
)
def test_expressions_show_what_an_author_expects(expression: str, shown: str | None) -> None:
    data = {
        "name": "ann lee",
        "order": {"items": 3, "id": "A"},
        "lines": [{"name": "Pen"}, {"name": "Ink"}],
        "none_there": [],
        "nothing": None,
        "yes": True,
        "total": 1234.5,
        "tags": ["a", "b", 3],
        "key": "items",
        "at": "2026-03-09T07:05:00Z",
    }
    if shown is None:
        assert "~" in str(refusal("{{ " + expression + " }}", **data))
    else:
        assert text("{{ " + expression + " }}", **data) == shown


def test_a_loop_knows_where_it_is_and_leaves_no_empty_lines() -> None:
    source = (
        "{% for line in lines if line.n %}\n"
        "  {% if not loop.first %}\n"
        "--\n"
        "  {% endif %}\n"
        "{{ loop.index }}/{{ loop.length }} {{ line.name }}\n"
        "{% else %}\n"
        "nothing\n"
        "{% endfor %}\n"
    )
    lines = [{"name": "Pen", "n": 1}, {"name": "Ink", "n": 0}, {"name": "Pad", "n": 2}]
    assert text(source, lines=lines) == "1/2 Pen\n--\n2/2 Pad\n"
    assert text(source, lines=[]) == "nothing\n"


def test_a_loop_over_an_object_goes_over_its_names() -> None:
    assert text("{% for k in o %}{{ k }}={{ o[k] }};{% endfor %}", o={"a": 1, "b": 2}) == "a=1;b=2;"


def test_set_names_a_value() -> None:
    source = "{% set who = name|default('you') %}{% if who == 'you' %}Hey{% endif %} {{ who }}"
    assert text(source) == "Hey you"


def test_comments_and_spaces_around_tags_go() -> None:
    assert text("a  {#- hidden {{ x }} -#}  b {{- 1 -}} c") == "ab1c"


def test_a_source_without_tags_is_its_own_output() -> None:
    template = compile_template("5 > 3 & <b>\r\n} 100%", Escaping.HTML)
    assert template.render({}) == "5 > 3 & <b>\n} 100%"
    assert template.variables == frozenset()


def test_variables_are_the_names_of_data_that_are_read() -> None:
    source = (
        "{% set local = a.b %}{{ local }}{% for x in lines %}{{ x }}{{ loop.index }}{% endfor %}"
        "{{ data[key] }}{{ maybe|default(other) }}"
    )
    template = compile_template(source, Escaping.HTML)
    assert template.variables == {"a", "lines", "data", "key", "maybe", "other"}


def test_a_template_is_compiled_once_for_each_escaping() -> None:
    source = "{{ compiled_once }}"
    first = compile_template(source, Escaping.HTML)
    assert compile_template(source, Escaping.HTML) is first
    assert compile_template(source, Escaping.TEXT) is not first


@pytest.mark.parametrize(
    ("escaping", "shown"),
    [
        (Escaping.HTML, "&lt;b&gt; &amp; &#34;q&#34; &#39;"),
        (Escaping.TELEGRAM, "&lt;b&gt; &amp; &#34;q&#34; &#39;"),
        (Escaping.TEXT, '<b> & "q" \''),
        (Escaping.HEADER, '<b> & "q" \''),
    ],
)
def test_data_is_escaped_for_where_it_goes(escaping: Escaping, shown: str) -> None:
    template = compile_template("<i>{{ a }}</i>", escaping)
    assert template.render({"a": '<b> & "q" \''}) == f"<i>{shown}</i>"


@pytest.mark.parametrize(
    "expression", ["a|e", "a|escape|escape", "a|e|default('')", "a|default(b)", "a if a else ''"]
)
def test_text_is_escaped_once(expression: str) -> None:
    assert html("{{ " + expression + " }}", a="<", b="") == "&lt;"


@pytest.mark.parametrize(
    "expression",
    [
        "a|e|upper",
        "(a|e)[0]",
        "a|e|first",
        "a|e|replace('&lt;', a)",
        "[1]|join(a|e)|trim",
        "a|e|trim",
    ],
)
def test_what_is_done_to_escaped_text_is_escaped_again(expression: str) -> None:
    assert "<" not in html("{{ " + expression + " }}", a="<&>")


def test_a_character_of_escaped_text_is_escaped_again() -> None:
    assert html("{{ (a|e)[0] }}{{ a|e|first }}{{ a|e|last }}", a="<") == "&amp;&amp;;"


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\x1b", "\x7f", "\x85", "\u2028"])
def test_a_header_is_one_line_in_its_source_and_when_rendered(character: str) -> None:
    error = refusal("a {{ b }}", Escaping.HEADER, b=f"x{character}Bcc: y")
    assert (error.field, error.reason) == ("subject", "header_control_character")
    for source in (f"a{character}b", f"a{character}{{{{ b }}}}"):
        with pytest.raises(Invalid):
            compile_template(source, Escaping.HEADER)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("\n{{ nme }}", "line 2: 'nme' is undefined"),
        ("\n\n{{ order.totl }}", "line 3: 'totl' is undefined"),
        ("{{ missing.deep }}", "line 1: 'missing' is undefined"),
        ("{% if missing %}{% endif %}", "line 1: 'missing' is undefined"),
        ("{% for x in missing %}{% endfor %}", "line 1: 'missing' is undefined"),
        ("{{ missing|upper }}", "line 1: 'missing' is undefined"),
        ("{{ missing == 1 }}", "line 1: 'missing' is undefined"),
        ("{{ [1]|join(missing) }}", "line 1: 'missing' is undefined"),
        ("{{ missing in [1] }}", "line 1: 'missing' is undefined"),
        ("{{ missing is even }}", "line 1: 'missing' is undefined"),
        ("{{ missing is none }}", "line 1: 'missing' is undefined"),
        ("\n{{ 1 if (1)[1] else 2 }}", "line 2: 'the item in [ ]' is undefined"),
        ("\n{{ 'a'.b and 1 }}", "line 2: 'b' is undefined"),
        ("{{ order[order.id] }}", "line 1: 'the item in [ ]' is undefined"),
    ],
)
def test_what_is_missing_is_named(source: str, detail: str) -> None:
    error = refusal(source, order={"id": "A"})
    assert (error.reason, str(error)) == ("template_undefined", detail)


@pytest.mark.parametrize(
    "source",
    [
        "{{ order }}",
        "{{ 'a' < 1 }}",
        "{{ 'x'|round }}",
        "{{ -'x' }}",
        "{{ 'x'|date }}",
        "{{ 'x'|join }}",
        "{{ 1|length }}",
        "{% for c in 'x' if c %}{% endfor %}{{ 'x' is even }}",
        "{% set a = 'abc' %}{% for c in a %}{% endfor %}",
        "{{ 'x'|upper(1, 2) }}",
        "{{ 'x'|replace('', 'y') }}",
        "{{ 'x'|int }}",
        "{{ none|int }}",
        "{{ 'x'|float }}",
        "{{ 'nan'|float }}",
        "{{ '-inf'|float }}",
        "{{ 'nan'|int }}",
        "{{ '1e400'|float }}",
        "{{ '1e400'|round }}",
        "{{ 'inf'|number }}",
        "{{ 'nan'|number }}",
        "{{ '-sNaN'|round }}",
        "{{ order|int }}",
        "{{ '" + "9" * 4_299 + "'|int }}",
        "{{ 1|number(11) }}",
        "{{ '\\ud800' }}",
    ],
)
def test_a_value_that_does_not_fit_is_refused(source: str) -> None:
    assert refusal(source, order={}).reason in {"template_type", "template_loop_not_allowed"}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("{{ 'x'|round }}", "the filter 'round'"),
        ("{{ 'x'|upper(1, 2) }}", "the filter 'upper'"),
        ("{{ 'x'|int }}", "the filter 'int'"),
        ("{{ 'x' is even }}", "the test 'even'"),
        ("{{ 'x' < 1 }}", "the comparison <"),
        ("{{ 'x' >= 1 }}", "the comparison >="),
        ("{{ 'x' in 1 }}", "the comparison in"),
        ("{{ 'x' not in 1 }}", "the comparison not in"),
        ("{{ -'x' }}", "the sign -"),
        ("{{ -a }}", "the sign -"),
    ],
)
def test_what_a_value_does_not_fit_is_named(source: str, what: str) -> None:
    error = refusal("\n" + source, a="secret")
    assert (error.reason, str(error)) == ("template_type", f"line 2: a value does not fit {what}")


def test_a_number_that_json_cannot_hold_is_not_printed() -> None:
    for value in (float("nan"), float("inf")):
        error = refusal("\n{{ a }}", a=value)
        assert error.reason == "template_type"
        assert str(error) == "line 2: a number beyond 64 bits cannot be printed"
    assert refusal("\n{{ 1e999 }}").reason == "template_literal_not_allowed"


@pytest.mark.parametrize(
    ("constant", "shown"),
    [("true", "true"), ("not 1", "false"), ("none", ""), ("1.5", "1.5"), ("'ab'[1]", "b")],
)
@pytest.mark.parametrize("escaping", PRINTING)
def test_a_constant_is_printed_as_data_are(escaping: Escaping, constant: str, shown: str) -> None:
    for source in ("{{ %s }}", "{%% set x = %s %%}{{ x }}"):
        assert compile_template(source % constant, escaping).render({}) == shown


@pytest.mark.parametrize("escaping", PRINTING)
def test_a_list_in_the_template_is_not_printed(escaping: Escaping) -> None:
    error = refusal("{{ [1] }}", escaping)
    assert str(error) == "line 1: a list or an object cannot be printed"


@pytest.mark.parametrize("name", ["look", "printed", "resolve", "environment", "context", "t_1"])
def test_the_names_of_the_compiled_code_are_free(name: str) -> None:
    source = "{% set " + name + " = a.b|upper %}{{ " + name + " }}{{ a.b }}{{ other." + name + " }}"
    assert text(source, a={"b": "x"}, other={name: "y"}) == "Xxy"


@pytest.mark.parametrize("escaping", Escaping)
@pytest.mark.parametrize("escape", ["\\x00", "\\x1b", "\\u0085", "\\x7f", "\\x0c"])
def test_a_control_character_in_a_literal_is_refused(escape: str, escaping: Escaping) -> None:
    for part in ("{{ '%s' }}", "{{ a|join('%s') }}", "{{ 'a' if a == '%s' }}", "{{ a['%s'] }}"):
        with pytest.raises(Invalid) as caught:
            compile_template("a " + part % f"x{escape}", escaping)
        error = caught.value
        assert error.reason == "template_literal_not_allowed"
        assert str(error) == "line 1: a control character, such as NUL, is not allowed"


def test_a_nul_in_the_source_is_refused_with_its_line() -> None:
    for source in ("a\nb\0", "{{ a }}\nb\0"):
        assert str(refusal(source)) == "line 2: a NUL character"


def test_names_that_python_and_jinja_know_are_only_names() -> None:
    data = {"class": "A", "range": "B", "dict": "C"}
    assert text("{{ class }}{{ range }}{{ dict }}", **data) == "ABC"
    assert refusal("{{ range }}").reason == "template_undefined"


def test_data_is_not_changed_by_rendering() -> None:
    data = {"a": [1]}
    compile_template("{% set a = 1 %}{% set b = 2 %}{{ a }}{{ b }}", Escaping.TEXT).render(data)
    assert data == {"a": [1]}


def test_there_are_no_more_filters_and_no_more_language_than_documented() -> None:
    assert len(FILTERS) == 22
    assert len(ALLOWED) == 22
