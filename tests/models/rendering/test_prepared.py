"""What is prepared for many messages gives what one rendering gives, and is not mistaken."""

from typing import Any

import pytest

from models.errors import Invalid
from models.rendering.content import Content, Rendered, prepare, render
from models.rendering.prepared import SMALL_SOURCES

PARTS = {"subject": "Hi {{ name }}", "html": "<b>{{ name }}</b>{{ more.x }}", "text": "{{ name }}"}


def email(**parts: str) -> dict[str, Any]:
    return {"email": {"default": {**PARTS, **parts}, "de": {**PARTS, "subject": "Hallo"}}}


@pytest.mark.parametrize("locale", ["", "en", "de", "de-AT"])
@pytest.mark.parametrize(
    "data",
    [
        {"name": "<A>", "more": {"x": 1}},
        {"name": "<A>"},
        {"name": "a\nb"},
        {"name": " "},
        {"name": []},
        {"name": "a" * 999, "more": {"x": True}},
        {},
    ],
)
def test_a_kept_one_gives_the_message_or_the_refusal_of_a_new_one(
    locale: str, data: dict[str, Any]
) -> None:
    def result(content: Content) -> Rendered | tuple[object, ...]:
        try:
            return render(content, "email", locale, data)
        except Invalid as error:
            return error.field, error.reason, error.limit, str(error)

    anew = email(text=PARTS["text"] + f"{{# {locale}{sorted(data)} #}}")
    assert result(email()) == result(anew) == result(email())


def test_it_is_kept_by_its_sources() -> None:
    assert prepare(email(), "email", "en") is prepare(email(), "email", "")
    assert prepare(email(), "email", "de") is not prepare(email(), "email", "")


def test_a_content_that_changes_is_prepared_anew() -> None:
    content = email()
    data = {"name": "A", "more": {"x": 1}}
    assert render(content, "email", "", data).subject == "Hi A"
    content["email"]["default"]["subject"] = "Bye {{ name }}"
    assert render(content, "email", "", data).subject == "Bye A"


def test_a_large_one_is_prepared_each_time() -> None:
    large = email(html="x" * SMALL_SOURCES)
    assert prepare(large, "email", "") is not prepare(large, "email", "")
    assert prepare(large, "email", "") == prepare(large, "email", "")


def test_the_parts_of_another_channel_stay_with_it() -> None:
    content = {"sms": {"default": {"text": "{{ name }}"}}, "telegram": {"default": {"text": "<i"}}}
    assert render(content, "sms", "", {"name": "<\x1bA>"}) == Rendered("", "", "<A>")
    with pytest.raises(Invalid) as caught:
        prepare(content, "fax", "")
    assert (caught.value.field, caught.value.reason) == ("content.fax", "content_missing")
