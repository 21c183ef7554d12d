"""The text part made from an email's HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rendering.plain_text import MAX_CHARACTERS, plain_text


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


def test_no_more_is_read_than_the_limit() -> None:
    assert len(plain_text("x" * (MAX_CHARACTERS + 1))) == MAX_CHARACTERS
