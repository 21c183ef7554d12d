"""Previews and diffs by API: what is shown, what is warned of, and what is wrong with the data."""

import pytest
from api_in_process import SECRET_KEYS
from own_application import own_application
from own_templates import Author, sms

LETTER = {
    "email": {
        "default": {"subject": "Order {{ order.id }}", "html": "<p>{{ name }}</p>"},
        "de": {"subject": "Bestellung {{ order.id }}", "html": "<p>{{ name }}</p>", "text": "x"},
    },
    "sms": {"default": {"text": "{{ name }}:\n{{ order.id }}"}},
}
DATA = {"name": "A & B", "order": {"id": "4711"}}


@pytest.fixture(scope="module")
async def author(api, database_url) -> Author:
    return Author(await own_application(api.http, database_url, SECRET_KEYS, []))


@pytest.fixture(scope="module")
async def letter(author) -> str:
    types = {"name": "string", "order": "object"}
    return await author.make(content=LETTER, variables=types)


async def test_it_is_what_would_be_sent(author, letter) -> None:
    shown = await author.gets(
        "POST", f"/{letter}/preview", json={"channel": "email", "locale": "de_AT", "data": DATA}
    )

    assert shown == {
        "channel": "email",
        "locale": "de",
        "subject": "Bestellung 4711",
        "html": "<p>A &amp; B</p>",
        "text": "x",
        "segments": None,
        "warnings": [],
    }


async def test_it_warns_of_what_an_author_may_not_have_meant(author, letter) -> None:
    body = {"channel": "email", "locale": "fr", "data": {**DATA, "nmae": 1}}
    mail = await author.gets("POST", f"/{letter}/preview", json=body)
    text = await author.gets(
        "POST",
        f"/{letter}/preview",
        json={"channel": "sms", "data": {"name": "→" * 80, "order": {"id": 1}}},
    )

    assert mail["text"] == "A & B"
    assert [(w["code"], w["field"]) for w in mail["warnings"]] == [
        ("unknown_variable", "data.nmae"),
        ("default_locale", "locale"),
        ("text_made_of_html", "content.email.default.text"),
    ]
    assert text["segments"] == {"encoding": "ucs2", "units": 83, "count": 2}
    assert [w["code"] for w in text["warnings"]] == ["sms_ucs2", "sms_segments"]
    assert "→" in text["warnings"][0]["detail"]


async def test_of_a_content_that_is_not_saved(author, letter) -> None:
    body = {"content": sms("Hi {{ who }}"), "channel": "sms", "data": {"who": "Ada"}}

    shown = await author.gets("POST", f"/{letter}/preview", json=body)

    assert (shown["text"], shown["segments"]["count"]) == ("Hi Ada", 1)
    assert (await author.see(letter))["latest"] == 1


WRONG = [
    ({"data": {}}, "template_undefined", "content.sms.default.text", "line 1: "),
    ({"data": {"name": "A"}}, "template_undefined", "content.sms.default.text", "line 2: "),
    ({"data": {"name": ["A"]}}, "wrong_type", "data.name", "as string"),
    ({"data": {**DATA, "order": "4711"}}, "wrong_type", "data.order", "as object"),
    ({"data": {**DATA, "order": {"id": {}}}}, "template_type", "content.sms.default.text", "line"),
    ({"data": {"x": [[[[[[[1]]]]]]]}}, "data_too_deep", "data", "levels"),
    ({"data": {"x": "y" * 262_144}}, "data_too_large", "data", "bytes"),
    ({"data": []}, "invalid", "data", "a list"),
    ({"data": {"name": "\0", "order": {"id": 1}}}, "nul", "data.name", "NUL"),
    ({"data": {**DATA, "name": "\x07", "order": {"id": ""}}, "content": sms("{{ name }}")},
     "sms_empty", "content.sms.default.text", "no text"),
    ({"channel": "telegram", "data": DATA}, "content_missing", "content.telegram", "no content"),
    ({"channel": "fax"}, "invalid", "channel", ""),
    ({"version": 1, "content": sms()}, "invalid", "body", "either"),
    ({"variables": {}}, "invalid", "body", "with a content"),
    ({"content": sms("{{ a }}\n{{ b }}"), "variables": {"a": "any"}}, "template_undeclared",
     "content.sms.default.text", "line 2: 'b'"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "field", "words"), WRONG)
async def test_what_is_wrong_is_named_by_part_and_line(
    author, letter, changes, code, field, words
) -> None:
    answer = await author.ask("POST", f"/{letter}/preview", json={"channel": "sms", **changes})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)
    assert words in problem["detail"]


async def test_an_unknown_version_is_not_there(author, letter) -> None:
    body = {"channel": "sms", "version": 2, "data": DATA}
    answer = await author.ask("POST", f"/{letter}/preview", json=body)
    assert (answer.status_code, answer.json()["field"]) == (404, "version")


async def test_two_versions_are_compared_part_by_part(author) -> None:
    name = await author.make("Hi {{ a }}\nbye")
    asked = {
        "content": sms("Hello {{ a }}\nbye {{ b }}"),
        "variables": {"a": "string", "b": "number"},
    }
    await author.gets("POST", f"/{name}/versions", 201, json=asked)

    found = await author.gets("GET", f"/{name}/versions/1/diff/2")

    [part] = found["items"]
    assert (part["channel"], part["locale"], part["part"]) == ("sms", "default", "text")
    assert part["change"] == "changed"
    assert part["diff"].splitlines()[3:5] == ["-Hi {{ a }}", "-bye"]
    assert (found["variables_added"], found["variables_removed"]) == (["b"], [])
    assert found["types_changed"] == {"a": [None, "string"]}
    same = await author.gets("GET", f"/{name}/versions/2/diff/2")
    assert (same["items"], same["types_changed"]) == ([], {})
