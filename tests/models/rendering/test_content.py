"""Contents: their shape, their locales, and the messages they make."""

from typing import Any

import pytest

from models.errors import Invalid
from models.rendering.content import Content, Rendered, check, render
from models.rendering.locales import MAX_LOCALES, locale_for

EMAIL = {"subject": "Hi {{ name }}", "html": "<p>Hi {{ name }}</p>", "text": "Hi {{ name }}"}


def email(**parts: str) -> Content:
    return {"email": {"default": {"subject": "s", **parts}}}


def sms(text: str) -> Content:
    return {"sms": {"default": {"text": text}}}


def telegram(text: str) -> Content:
    return {"telegram": {"default": {"text": text}}}


def test_a_content_gives_back_every_name_that_any_part_reads() -> None:
    content = {
        "email": {"default": EMAIL, "de": {"subject": "{{ betreff }}", "text": "x"}},
        "sms": {"default": {"text": "{{ code }}"}},
        "telegram": {"default": {"text": "<b>{{ bold }}</b>"}},
    }
    assert check(content) == {"name", "betreff", "code", "bold"}


def test_an_email_has_each_part_escaped_in_its_own_way() -> None:
    rendered = render({"email": {"default": EMAIL}}, "email", "en", {"name": "<A&B>"})
    assert rendered == Rendered("Hi <A&B>", "<p>Hi &lt;A&amp;B&gt;</p>", "Hi <A&B>")


def test_an_email_without_a_text_part_gets_one_from_its_html() -> None:
    content = email(html="<h1>Hi {{ name }}</h1><p>Bye</p>")
    assert render(content, "email", "", {"name": "<Ann>"}).text == "Hi <Ann>\n\nBye"


def test_an_email_without_html_stays_without() -> None:
    assert render(email(text="a"), "email", "", {}) == Rendered("s", "", "a")


@pytest.mark.parametrize(
    ("locale", "chosen"),
    [
        ("pt-BR", "pt-BR"),
        ("pt-PT", "pt"),
        ("pt", "pt"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hans", "default"),
        ("fr", "default"),
        ("", "default"),
        ("-", "default"),
        ("PT", "pt"),
        ("pt-br", "pt-BR"),
        ("PT_BR", "pt-BR"),
        ("pt_PT", "pt"),
        ("ZH-HANT-TW", "zh-Hant"),
        ("zh_hant", "zh-Hant"),
        ("DEFAULT", "default"),
    ],
)
def test_a_locale_is_exact_or_its_language_or_the_default(locale: str, chosen: str) -> None:
    locales: dict[str, dict[str, str]] = {"default": {}, "pt": {}, "pt-BR": {}, "zh-Hant": {}}
    assert locale_for(locales, locale) == chosen


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        ({}, "content", "content_missing"),
        ([], "content", "content_missing"),
        ({1: {}}, "content", "content_unknown"),
        ({"fax": {"default": {"text": "a"}}}, "content.fax", "content_unknown"),
        ({"sms": "text"}, "content.sms", "content_missing"),
        ({"sms": {}}, "content.sms", "content_missing"),
        ({"sms": {"de": {"text": "a"}}}, "content.sms.default", "content_missing"),
        ({"sms": {"default": {}}}, "content.sms.default", "content_missing"),
        ({"sms": {"default": {"text": ""}}}, "content.sms.default.text", "content_missing"),
        ({"sms": {"default": {"text": 1}}}, "content.sms.default.text", "content_missing"),
        (
            {"sms": {"default": {"text": "a", "html": "a"}}},
            "content.sms.default.html",
            "content_unknown",
        ),
        (
            {"sms": {"default": {"text": "a"}, "pt_BR": {"text": "a"}}},
            "content.sms.pt_BR",
            "content_unknown",
        ),
        (email(), "content.email.default.text", "content_missing"),
        ({"email": {"default": {"text": "a"}}}, "content.email.default.subject", "content_missing"),
        (email(html="{{ f() }}"), "content.email.default.html", "template_call_not_allowed"),
        (
            {"email": {"default": {"subject": "a\nb", "text": "a"}}},
            "content.email.default.subject",
            "header_control_character",
        ),
    ],
)
def test_a_wrong_shape_is_refused_by_its_path(content: Any, field: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(content)
    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_too_many_locales_and_too_much_to_compile_are_refused() -> None:
    names = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"][:MAX_LOCALES]
    many: dict[str, dict[str, str]] = {name: {"text": "a"} for name in names}
    with pytest.raises(Invalid, match="locales"):
        check({"sms": {"default": {"text": "a"}, **many}})
    heavy = {name: {"text": "{{ a }}" * 600} for name in names[1:]}
    with pytest.raises(Invalid) as caught:
        check({"sms": {"default": {"text": "a"}, **heavy}})
    assert caught.value.reason == "content_too_complex"


@pytest.mark.parametrize(
    ("content", "channel", "field"),
    [
        (email(html="{{ x }}"), "email", "content.email.default.html"),
        (sms("{{ x }}"), "sms", "content.sms.default.text"),
        (sms("a"), "telegram", "content.telegram"),
        (sms("a"), "fax", "content.fax"),
    ],
)
def test_what_cannot_be_rendered_is_refused_by_its_path(
    content: Content, channel: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        render(content, channel, "en", {})
    assert caught.value.field == field


def test_the_same_source_in_two_parts_is_refused_by_each_path() -> None:
    content = {"sms": {"default": {"text": "{{ x }}"}, "de": {"text": "{{ x }}"}}}
    for locale, path in (("de", "content.sms.de.text"), ("en", "content.sms.default.text")):
        with pytest.raises(Invalid) as caught:
            render(content, "sms", locale, {})
        assert caught.value.field == path


def test_a_data_line_break_cannot_add_a_header() -> None:
    with pytest.raises(Invalid) as caught:
        render({"email": {"default": EMAIL}}, "email", "", {"name": "A\r\nBcc: b@example.com"})
    assert caught.value.field == "content.email.default.subject"


def test_an_sms_loses_control_characters_and_keeps_its_lines() -> None:
    assert render(sms("a\n{{ x }}"), "sms", "", {"x": "b\0\x1b[0m\r\nc\t\x85"}).text == "a\nb[0m\nc"


@pytest.mark.parametrize("subject", ["{{ x }}", "{% if x %}a{% endif %}", " {{ x }}\u00a0", "  "])
def test_an_email_has_a_subject_once_it_is_rendered(subject: str) -> None:
    with pytest.raises(Invalid) as caught:
        render({"email": {"default": {"subject": subject, "text": "a"}}}, "email", "", {"x": ""})
    assert caught.value.reason == "subject_empty"
    assert caught.value.field == "content.email.default.subject"


def test_the_first_wrong_part_is_named_in_the_same_order() -> None:
    parts = {"text": "{{ x }}", "html": "{{ x }}", "subject": "{{ x }}"}
    with pytest.raises(Invalid) as caught:
        render({"email": {"default": parts}}, "email", "", {})
    assert caught.value.field == "content.email.default.subject"


def test_a_subject_has_at_most_998_characters() -> None:
    content = {"email": {"default": {"subject": "{{ x }}", "text": "a"}}}
    assert len(render(content, "email", "", {"x": "é" * 998}).subject) == 998
    with pytest.raises(Invalid) as caught:
        render(content, "email", "", {"x": "é" * 999})
    assert (caught.value.reason, caught.value.limit) == ("subject_too_long", 998)


@pytest.mark.parametrize("text", ["{{ x }}", " \n{{ x }}\t", "{% if x %}a{% endif %}", "\x1b"])
def test_an_sms_has_a_text_once_it_is_rendered(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        render(sms(text), "sms", "", {"x": ""})
    assert (caught.value.reason, caught.value.field) == ("sms_empty", "content.sms.default.text")


def test_an_sms_has_at_most_1600_characters() -> None:
    assert len(render(sms("{{ x }}"), "sms", "", {"x": "é" * 1600}).text) == 1600
    with pytest.raises(Invalid) as caught:
        render(sms("{{ x }}"), "sms", "", {"x": "é" * 1601})
    assert (caught.value.reason, caught.value.limit) == ("sms_too_long", 1600)


def test_telegram_counts_utf16_units_without_tags_and_entities() -> None:
    assert render(telegram("<b>{{ x }}</b>"), "telegram", "", {"x": "&" * 4096}).text.startswith(
        "<b>&amp;"
    )
    assert render(telegram("{{ x }}"), "telegram", "", {"x": "😀" * 2048}).text
    for too_long in ("&" * 4097, "😀" * 2049):
        with pytest.raises(Invalid) as caught:
            render(telegram("<b>{{ x }}</b>"), "telegram", "", {"x": too_long})
        assert (caught.value.reason, caught.value.limit) == ("telegram_too_long", 4096)
