"""A version as a text file: what is written is read again, and what makes no sense is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.authoring.letter import read, written
from deploy.sending.refusals import CannotRead

LINES = st.lists(
    st.sampled_from(["", "a", "=== b", "\\=== c", "\\\\=== d", "\\x", "===", "\r", "{{ e }}"])
)
TEXTS = LINES.map("\n".join)
PARTS = st.dictionaries(st.sampled_from(["subject", "html", "text"]), TEXTS, min_size=1)
LOCALES = st.dictionaries(st.sampled_from(["default", "de", "pt-BR"]), PARTS, min_size=1)
CONTENTS = st.dictionaries(st.sampled_from(["email", "sms", "webhook"]), LOCALES, min_size=1)
TYPES = st.dictionaries(st.sampled_from(["order", "name"]), st.sampled_from(["string", "any"]))


@given(CONTENTS, TYPES)
def test_what_is_written_is_read_again(content, types) -> None:
    letter = read(written(content, types))

    assert letter.content == content
    assert (letter.variables or {}) == types


def test_the_line_of_each_part_is_known() -> None:
    text = "\n=== variables\na: any\n\n=== sms/default/text\none\ntwo\n=== sms/de/text\neins"

    letter = read(text)

    assert letter.content == {"sms": {"default": {"text": "one\ntwo"}, "de": {"text": "eins"}}}
    assert letter.lines == {"content.sms.default.text": 6, "content.sms.de.text": 9}
    assert letter.body()["variables"] == {"a": "any"}
    assert "variables" not in read("=== sms/default/text\nx").body()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no part"),
        ("=== variables\na: any", "no part"),
        ("hello\n=== sms/default/text\nx", "line 1: before the first head"),
        ("=== sms/text\nx", "line 1: === sms/text: want channel/locale/part"),
        ("=== sms//text\nx", "want channel/locale/part"),
        ("=== sms/default/text\nx\n=== sms/default/text\ny", "line 3: .* there twice"),
        ("=== variables\n\na\n=== sms/default/text\nx", "line 3: want a variable and its type"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(CannotRead, match=words):
        read(text)
