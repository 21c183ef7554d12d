"""What Telegram refuses is refused before: the tags it knows, closed in order, and some text."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.rendering.content import render
from models.rendering.telegram import MAX_MARKUP, TAGS, sendable_telegram


def refusal(source: str, **data: str) -> Invalid:
    content = {"telegram": {"default": {"text": source}}}
    with pytest.raises(Invalid) as caught:
        render(content, "telegram", "", data)
    assert caught.value.field == "content.telegram.default.text"
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "words",
        "1 > 0 & 2",
        "&lt;script&gt; &amp;&quot;&#39;&#x27;",
        "<b>bold</b>, <strong>bold</strong>, <i>i</i>, <em>i</em>, <u>u</u>, <ins>u</ins>",
        "<s>s</s>, <strike>s</strike>, <del>s</del>",
        '<span class="tg-spoiler">hidden</span> <tg-spoiler>hidden</tg-spoiler>',
        "<span class = 'tg-spoiler' >hidden</span>",
        "<span class=tg-spoiler>hidden</span>",
        '<b>b <i>i <s>s <span class="tg-spoiler">s</span></s> <u>u</u></i> b</b>',
        '<a href="https://example.com/?a=1&amp;b=<>">link</a> <a href="tg://user?id=1">you</a>',
        '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
        '<tg-time unix="1647531900" format="wDT">22:45 tomorrow</tg-time>',
        '<pre><code class="language-python">x = 1</code></pre>',
        "<blockquote>a\nb</blockquote>\n<blockquote expandable>c</blockquote>",
        "<B>any case</b>\n<b\n>a</b >",
        "<b></b>a",
    ],
)
def test_what_the_bot_api_documents_is_taken_as_it_is(text: str) -> None:
    assert sendable_telegram(text, text) == text


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("\n<b>x", "line 2: <b> is not closed"),
        ("<script>x</script>", "line 1: <script> is no tag that Telegram knows"),
        ("a<br>b", "line 1: <br> is no tag that Telegram knows"),
        ("<p>a</p>", "line 1: <p> is no tag that Telegram knows"),
        ("x</b>", "line 1: </b> closes what was not opened last"),
        ("<b><i>x</b></i>", "line 1: </b> closes what was not opened last"),
        ("<b>x</b y='1'>", "line 1: </b> closes what was not opened last"),
        ("<b>x</b><b>", "<b> is not closed: line 1 as rendered"),
        ("<span>x</span>", "line 1: <span> lacks the attribute that Telegram wants"),
        ("<span class='tg-spoilers'>x</span>", "line 1: <span> lacks the attribute"),
        ("<tg-emoji>x</tg-emoji>", "line 1: <tg-emoji> lacks the attribute"),
        ("a\n1 < 2", "line 2: < is not one whole tag"),
        ("<b ", "line 1: <b> is not one whole tag"),
        ("<b/>", "line 1: <b/> is not one whole tag"),
        ("<a href=https://example.com>x</a>", "line 1: <a> is not one whole tag"),
        ("<a href='x>y</a>", "line 1: <a> is not one whole tag"),
        ("<b>a</>", "line 1: </> is not one whole tag"),
        ("<!-- a -->", "line 1: <!--> is not one whole tag"),
    ],
)
def test_a_wrong_tag_is_named_with_its_line(source: str, detail: str) -> None:
    error = refusal(source + "{{ x }}", x="y")
    assert error.reason == "telegram_html"
    assert str(error).startswith(detail)


def test_data_cannot_break_the_tags_and_is_never_quoted() -> None:
    content = {"telegram": {"default": {"text": "<b>{{ x }}</b>"}}}
    assert render(content, "telegram", "", {"x": "</b><script>"}).text
    error = refusal("<{{ x }}>", x="hunter2")
    assert str(error) == "a tag made of the data is no tag that Telegram knows"


@pytest.mark.parametrize("source", ["{{ x }}", " \n", "<b>{{ x }}</b>", "<b> </b>\n<i></i>"])
def test_some_text_is_left(source: str) -> None:
    assert refusal(source, x="").reason == "telegram_empty"


@given(st.lists(st.sampled_from(sorted(TAGS - {"span", "tg-emoji", "tg-time"}))), st.text())
def test_tags_closed_in_order_are_taken(names: list[str], words: str) -> None:
    words = "a" + words.replace("<", "")[:100]
    text = "".join(f"<{n}>" for n in names) + words + "".join(f"</{n}>" for n in reversed(names))
    assert sendable_telegram(text, text) == text


@given(st.text(st.sampled_from("<>/ab=\"' ")))
def test_any_text_is_taken_or_refused(text: str) -> None:
    with suppress(Invalid):  # and nothing else
        assert sendable_telegram(text, text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<b></b>" * 140_000,
        "<b></b>" * (MAX_MARKUP // 7),
        "<b" + " " * (MAX_MARKUP - 2),
        "<b" + " a" * (MAX_MARKUP // 2 - 1),
        "<b" + " a=''" * (MAX_MARKUP // 5 - 1),
        "<b" + " a  =  " * (MAX_MARKUP // 7 - 1),
        "<b a='" + "<b>" * (MAX_MARKUP // 3 - 2),
        "<span " + "class=" * (MAX_MARKUP // 6 - 1) + ">",
        "<span " + " class" * (MAX_MARKUP // 6 - 2) + ">",
        "<" * MAX_MARKUP,
    ],
    ids=lambda text: f"{text[:10]} {len(text)}",
)
def test_the_longest_texts_take_linear_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(Invalid):
        sendable_telegram(text, text)
    assert time.process_time() - started < 0.2  # at most some 0.02
