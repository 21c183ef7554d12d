"""Templates written to break the process: refused with a word and a line, or stopped by a count."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from models.errors import Invalid
from models.rendering.allowed import MAX_DEPTH, MAX_LOOP_DEPTH
from models.rendering.budget import MAX_STEPS
from models.rendering.escaping import Escaping
from models.rendering.templates import MAX_OUTPUT_BYTES, compile_template

MAX_MEMORY_BYTES = 40_000_000  # more than data, source and output together, less than any bomb
LINE_TWO = "a first line\n"
BIG = "x" * 60_000

# name: source of the second line, and the reason it is refused for
REFUSED_WHEN_COMPILED = {
    "a loop over a range": ("{% for i in range(10**9) %}{% endfor %}", "loop"),
    "a call": ("{{ range(10**9) }}", "call"),
    "a method": ("{{ 'a'.center(1000000000) }}", "call"),
    "a format call": ("{{ '{:>999999999}'.format(1) }}", "call"),
    "lipsum": ("{{ lipsum(100000) }}", "call"),
    "cycler": ("{{ cycler('a').next() }}", "call"),
    "namespace": ("{% set n = namespace(a=1) %}", "call"),
    "arguments with a star": ("{{ a|upper(*b) }}", "call"),
    "climbing by attribute": ("{{ ''.__class__.__mro__ }}", "name"),
    "climbing by item": ("{{ ''['__class__'] }}", "name"),
    "climbing by filter": ("{{ ''|attr('__class__') }}", "filter"),
    "a loop's methods": ("{% for x in a %}{{ loop.cycle }}{% endfor %}", "name"),
    "a loop by another name": ("{% for x in a %}{% set l = loop %}{% endfor %}", "name"),
    "the template itself": ("{{ self }}", "name"),
    "multiplied text": ("{{ 'a' * 1000000000 }}", "arithmetic"),
    "a huge power": ("{{ 9 ** 9 ** 9 }}", "arithmetic"),
    "a padded remainder": ("{{ '%1000000000d' % 1 }}", "arithmetic"),
    "added lists": ("{% set a = a + a %}", "arithmetic"),
    "joined texts": ("{% set a = a ~ a %}", "arithmetic"),
    "a filter that pads": ("{{ 'a'|center(1000000000) }}", "filter"),
    "a filter that formats": ("{{ '%1000000000d'|format(1) }}", "filter"),
    "a filter that indents": ("{{ a|indent(1000000000) }}", "filter"),
    "a filter that maps": ("{{ a|map(attribute='__class__')|list }}", "filter"),
    "a filter that selects": ("{{ a|selectattr('__class__') }}", "filter"),
    "a filter that wraps": ("{{ a|xmlattr }}", "filter"),
    "unescaping": ("{{ a|safe }}", "filter"),
    "a foreign test": ("{{ a is sameas b }}", "test"),
    "the name of our own test": ("{{ a is eq b }}", "test"),
    "a macro that calls itself": ("{% macro m() %}{{ m() }}{% endmacro %}", "macro"),
    "a call block": ("{% call m() %}{% endcall %}", "macro"),
    "a recursive loop": ("{% for x in a recursive %}{{ loop(x) }}{% endfor %}", "loop"),
    "a loop over a filter": ("{% for x in a|join %}{% endfor %}", "loop"),
    "include": ("{% include '/etc/passwd' %}", "include"),
    "import": ("{% import 'os' as os %}", "import"),
    "from import": ("{% from 'os' import path %}", "import"),
    "extends": ("{% extends 'base' %}", "inheritance"),
    "block": ("{% block b %}{% endblock %}", "inheritance"),
    "switching escaping off": ("{% autoescape false %}{{ a }}{% endautoescape %}", "tag"),
    "with": ("{% with a = 1 %}{% endwith %}", "block"),
    "a set block": ("{% set a %}{{ a }}{{ a }}{% endset %}", "block"),
    "a filter block": ("{% filter upper %}a{% endfilter %}", "block"),
    "setting an attribute": ("{% set a.b = 1 %}", "set"),
    "a list that holds itself twice": ("{% set a = [a, a] %}", "literal"),
    "an object": ("{{ {'a': 1} }}", "literal"),
    "a number beyond 64 bits": ("{{ 0x" + "f" * 5000 + " }}", "literal"),
    "a slice": ("{{ a[::-1] }}", "slice"),
    "a chain of comparisons": ("{{ 1 < a < 3 < 4 }}", "chain"),
    "very many branches": ("{% if a %}" + "{% elif a %}" * 100 + "{% endif %}", "tag"),
}
SYNTAX = {
    "i18n": "{% trans %}a{% endtrans %}",
    "do": "{% do a.append(1) %}",
    "break": "{% for x in a %}{% break %}{% endfor %}",
    "debug": "{% debug %}",
    "an open tag": "{{ a",
    "an open comment": "{# a",
    "an open raw block": "{% raw %}",
    "an open raw block with a text": "{% raw %}{{ a }}",
    "an open raw block with spaces around": "{%-  raw -%} \n \n",
    "an open raw block behind a closed one": "{% raw %}a{% endraw %}{{ a }}{%raw%}",
    "many open raw blocks": "{% raw" + " " * 100_000 + "{% raw %}" * 10_000,
    "only openings": "{%" * 50_000,
    "a number of 100,000 digits": "{{ " + "9" * 100_000 + " }}",
}
DEEP = {
    "parentheses": "{{ " + "(" * 5_000 + "a" + ")" * 5_000 + " }}",
    "lists": "{{ " + "[" * 5_000,
    "negations": "{{ " + "not " * 2_000 + "a }}",
    "signs": "{{ " + "-" * 2_000 + "1 }}",
    "filters": "{{ a" + "|upper" * 1_000 + " }}",
    "attributes": "{{ a" + ".a" * 1_000 + " }}",
    "ifs": "{% if a %}" * 300 + "{% endif %}" * 300,
    "loops": "{% for x in a %}" * 12 + "{% endfor %}" * 12,
    "ands": "{{ a" + " and a" * 1_000 + " }}",
}


class CountingList(list[Any]):
    """Data that knows how often an item of it was taken."""

    taken = 0

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            CountingList.taken += 1
            yield item


def refused(source: str, data: dict[str, Any] | None = None) -> Invalid:
    """The refusal of compiling or rendering, within bounded memory; prints how long it took."""
    tracemalloc.start()
    started = time.perf_counter()
    try:
        with pytest.raises(Invalid) as caught:
            compile_template(source, Escaping.HTML).render(data or {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"{(time.perf_counter() - started) * 1000:.1f} ms, {peak / 1e6:.1f} MB")
    assert peak < MAX_MEMORY_BYTES
    assert len(str(caught.value)) < 300
    return caught.value


@pytest.mark.parametrize("name", REFUSED_WHEN_COMPILED)
def test_what_is_not_allowed_is_refused_with_its_line(name: str) -> None:
    source, what = REFUSED_WHEN_COMPILED[name]
    with pytest.raises(Invalid) as caught:  # compiled, so that no data is needed to find out
        compile_template(LINE_TWO + source, Escaping.HTML, "content.x")
    assert caught.value.reason == f"template_{what}_not_allowed"
    assert str(caught.value).startswith("line 2: ")
    assert caught.value.field == "content.x"


@pytest.mark.parametrize("name", SYNTAX)
def test_what_is_no_template_is_refused_with_its_line(name: str) -> None:
    error = refused(LINE_TWO + SYNTAX[name])
    assert error.reason == "template_syntax"
    assert str(error).startswith("line 2: ")


@pytest.mark.parametrize("name", DEEP)
def test_what_is_too_deep_is_refused_with_its_line(name: str) -> None:
    error = refused(LINE_TWO + DEEP[name])
    assert error.reason == "template_too_deep"
    assert error.limit == (MAX_LOOP_DEPTH if name == "loops" else MAX_DEPTH)
    assert str(error).startswith("line 2: ")


@pytest.mark.parametrize(
    "part",
    ["{{ a }}", "{% if a == 1 %}b{% endif %}", "{% set b = a %}", "{{ [" + "1," * 5_000 + "] }}"],
)
def test_too_many_tags_are_refused_before_they_are_compiled(part: str) -> None:
    assert refused(part * (250_000 // len(part))).reason == "template_too_complex"


def test_a_source_over_the_limit_is_refused() -> None:
    error = refused("{{ a }}" + "é" * 131_100)
    assert (error.reason, error.limit) == ("template_source_too_large", 262_144)


@pytest.mark.parametrize("body", ["", "{{ x }}", "{% if x %}{% endif %}"])
def test_nested_loops_take_no_more_turns_than_the_budget(body: str) -> None:
    CountingList.taken = 0
    source = "{% for x in a %}" * 3 + body + "{% endfor %}" * 3
    error = refused(LINE_TWO + source, {"a": CountingList([1] * 1_000)})
    assert error.reason == "template_budget"
    assert error.limit == MAX_STEPS
    assert str(error).startswith("line 2: ")
    assert CountingList.taken <= MAX_STEPS


def test_one_loop_longer_than_the_budget_does_not_start() -> None:
    CountingList.taken = 0
    data = {"a": CountingList([1] * (MAX_STEPS + 1))}
    assert refused("{% for x in a %}{% endfor %}", data).reason == "template_budget"
    assert CountingList.taken == 0


def test_a_loop_with_a_long_body_pays_for_its_body() -> None:
    CountingList.taken = 0
    body = "{% if x == 1 %}{% endif %}" * 100
    data = {"a": CountingList([1] * 5_000)}
    assert refused("{% for x in a %}" + body + "{% endfor %}", data).reason == "template_budget"
    assert CountingList.taken == 0


@pytest.mark.parametrize(
    "body",
    [
        "{% if b|upper == 'x' %}{% endif %}",
        "{% if b == c %}{% endif %}",
        "{% if 'y' in b %}{% endif %}",
        "{% set d = b|replace('y', 'z') %}",
        "{% set d = b|escape %}",
        "{% set d = e|join %}",
    ],
)
def test_work_on_long_values_is_paid_for_at_every_turn(body: str) -> None:
    CountingList.taken = 0
    data = {"a": CountingList([1] * 5_000), "b": BIG, "c": "x" * 60_000, "e": [BIG, BIG]}
    assert refused("{% for x in a %}" + body + "{% endfor %}", data).reason == "template_budget"
    assert CountingList.taken < 300


@pytest.mark.parametrize(
    "source",
    [
        "{{ b|replace('x', b) }}",
        "{{ a|join(b) }}",
        "{% set b = [1,1,1,1,1,1,1,1,1]|join(b) %}" * 10,
        "{% set b = b|replace('x', 'xx') %}" * 10,
        "{% set b = b|urlencode|urlencode|upper %}" * 10,
        "{% set b = b|urlencode|urlencode %}",
    ],
)
def test_values_that_would_explode_are_never_made(source: str) -> None:
    data = {"a": [1] * 1_000, "b": BIG.replace("xxx", "xé<")}
    assert refused(source, data).reason == "template_budget"


def test_lists_and_objects_are_not_compared_item_by_item() -> None:
    data = {"a": [[1] * 10_000], "b": [[1] * 10_000]}
    assert refused("{% if a == b %}{% endif %}", data).reason == "template_type"
    assert refused("{% if a in b %}{% endif %}", data).reason == "template_type"


def test_output_over_a_megabyte_is_stopped_while_it_grows() -> None:
    CountingList.taken = 0
    data = {"a": CountingList([1] * 1_000), "b": "<" * 2_000}
    error = refused("{% for x in a %}{{ b }}{% endfor %}", data)
    assert (error.reason, error.limit) == ("template_output_too_large", MAX_OUTPUT_BYTES)
    assert CountingList.taken == MAX_OUTPUT_BYTES // (4 * 2_000) + 1


def test_output_is_limited_in_bytes_and_not_in_characters() -> None:
    source = "{{ a }}" * 3
    assert refused(source, {"a": "é" * 200_000}).reason == "template_output_too_large"
    assert len(compile_template(source, Escaping.HTML).render({"a": "e" * 200_000})) == 600_000


@pytest.mark.parametrize(
    "form", ["%1000000000Y", "%c", "%-d", "%" * 99, "%Y" * 101, "", "%10000000%"]
)
def test_dates_take_no_widths(form: str) -> None:
    data = {"a": "2026-01-01", "f": form}
    assert refused("{{ a|date(f) }}", data).reason == "template_type"


@pytest.mark.parametrize(
    "value", ["9" * 100_000, "1e999999999", "NaN", "inf", "1_0", [1], {}, 1e308]
)
def test_strange_numbers_are_refused_or_shown_but_never_long(value: object) -> None:
    for source in ("{{ a|int }}", "{{ a|float }}", "{{ a|number(2) }}", "{{ a|round(10) }}"):
        with suppress(Invalid):  # and nothing else
            assert len(compile_template(source, Escaping.TEXT).render({"a": value})) < 500


def test_a_raw_block_is_only_text() -> None:
    source = "{% raw %}{{ ''.__class__ }}{% for %}{% endraw %}"
    assert compile_template(source, Escaping.HTML).render({}) == "{{ ''.__class__ }}{% for %}"
    for source in ("{% raw %}{% raw %}{% endraw %}", "{# {% raw %} #}{% raw %}{% raw %}{%endraw%}"):
        assert compile_template(source, Escaping.HTML).render({}) == "{% raw %}"


def test_line_statements_are_only_text() -> None:
    source = "# for x in range(10)\n{{ a }}\n## a\n"
    assert compile_template(source, Escaping.TEXT).render({"a": 1}).startswith("# for x in range")


def test_details_never_quote_the_data() -> None:
    data = {"secret": "hunter2", "a": {}, "b": ["hunter2"]}
    for source in (
        "{{ a[secret] }}",
        "{{ secret|date }}",
        "{{ secret|round }}",
        "{{ b }}",
        "{{ 1 < secret }}",
        "{{ a[secret].b }}",
        "{% for x in secret %}{% endfor %}",
        "{{ secret|upper(1) }}",
    ):
        error = refused(source, data)
        assert "hunter2" not in str(error)
        assert error.__suppress_context__
