"""The text part made from an email's HTML."""

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rendering.plain_text import FEW_ENTITIES, MAX_TAGS, _spaced, _unescaped, plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("words", "words"),
        ("<p>one\n  two</p><p>three</p>", "one two\n\nthree"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</ul>", "- a\n- b"),
        ("<b>bold</b><i>er</i>", "bolder"),
        ("a &lt;b&gt; &amp; &uuml;&nbsp;&#39;", "a <b> & ü '"),
        ("<!DOCTYPE html><html><head><title>t</title><style>p{}</style></head>a</html>", "a"),
        ("a<script>if (1 < 2) { x('</p>') }</script>b", "ab"),
        ("<header>kept</header>", "kept"),
        ("a<!-- b <p> c -->d<!-- e", "ad"),
        ("<!--[if mso]><p>x</p><![endif]-->y", "y"),
        ("<a class='b' href='https://example.com/?a=1&amp;b=2'>here</a>.", None),
        ("<a href='mailto:x@example.com'>mail</a>", "mail"),
        ("2 < 3 and 4 > 3", "2 < 3 and 4 > 3"),
        ("&lt;script&gt;", "<script>"),
    ],
)
def test_words_are_kept_and_tags_are_not(html: str, text: str | None) -> None:
    if text is None:
        text = "here <https://example.com/?a=1&b=2>."
    assert plain_text(html) == text


@given(st.text(st.sampled_from("<>!-/apstyle \n\"'=&;#h")))
def test_any_html_gives_trimmed_lines(html: str) -> None:
    text = plain_text(html)
    assert "\n\n\n" not in text
    assert all(line == line.strip() for line in text.split("\n"))


def test_all_of_a_long_email_is_read() -> None:
    html = "<table>" + "<tr><td>cell</td></tr>\n" * 12_000 + "</table><p>the end</p>"
    text = plain_text(html)
    assert len(html) > 240_000
    assert text.count("cell") == 12_000
    assert text.endswith("cell\n\nthe end")


def test_too_many_tags_end_the_text_at_a_whole_one() -> None:
    assert plain_text("<b>a</b>" * MAX_TAGS) == "a" * (MAX_TAGS // 2)
    assert plain_text("<i>" * MAX_TAGS + "a < b<i>c") == "a < b"


@given(st.text(st.sampled_from("&ampltg;#349x <")))
def test_entities_read_as_the_standard_library_reads_them(text: str) -> None:
    assert _unescaped(text) == unescape(text)
    many = text + "&" * FEW_ENTITIES + text
    assert _unescaped(many) == unescape(many)


@given(st.text() | st.text(st.sampled_from(" \n\t\r\x0b\x1c\xa0\u2003xé")))
def test_a_run_of_white_space_is_one_space(text: str) -> None:
    assert _spaced(text) == re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("breaks", range(12))
def test_at_most_one_empty_line_follows_another_line(breaks: int) -> None:
    assert plain_text("a" + "<br>" * breaks + "b") == "a" + "\n" * min(breaks, 2) + "b"


@pytest.mark.parametrize(
    "html",
    [
        "<" + "a" * 1_000_000,
        "<" * 1_000_000,
        "<a " + "href=" * 200_000,
        "<!--" * 250_000,
        "<script>" * 125_000,
        "<li>" * 250_000,
        "&lt;&amp;&#34;" * 70_000,
    ],
    ids=lambda html: html[:8],
)
def test_a_megabyte_takes_linear_time(html: str) -> None:
    started = time.process_time()
    plain_text(html)
    assert time.process_time() - started < 1  # at most 0.1; what looks back takes minutes
