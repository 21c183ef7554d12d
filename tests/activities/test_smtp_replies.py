"""Replies, whole or in pieces, and what is none."""

from hypothesis import given
from hypothesis import strategies as st

from activities.smtp_replies import MAX_LINE, MAX_LINES, Replies, Reply

texts = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), max_size=8)
replies = st.tuples(st.integers(200, 599), st.lists(texts, min_size=1, max_size=3))


def written(code: int, lines: list[str]) -> bytes:
    *more, last = lines
    return b"".join(b"%d-%b\r\n" % (code, line.encode()) for line in more) + (
        b"%d %b\r\n" % (code, last.encode())
    )


@given(st.lists(replies, max_size=5), st.lists(st.integers(1, 30), min_size=1))
def test_replies_are_the_same_however_they_are_cut(said, cuts):
    data = b"".join(written(*one) for one in said)
    parser, got, turn = Replies(), [], 0
    while data:
        size = cuts[turn % len(cuts)]
        got += parser.feed(data[:size])
        data, turn = data[size:], turn + 1
    assert got == [Reply(code, "\n".join(lines).encode()) for code, lines in said]
    assert not parser.partial


def test_short_forms_are_replies():
    got = Replies().feed(b"250\r\n250 \n354 go\n250-a\r\n250\r\n")
    assert got == [(250, b""), (250, b""), (354, b"go"), (250, b"a\n")]


def test_half_a_reply_is_none_yet():
    parser = Replies()
    assert parser.feed(b"250-a\r\n25") == []
    assert parser.partial


@given(
    st.sampled_from(
        [
            b"nonsense\r\n",
            b"99 x\r\n",
            b"2500 x\r\n",
            b"999 x\r\n",
            b"150 x\r\n",
            b" 250 x\r\n",
            b"+25 x\r\n",
            "٢٥٠ x\r\n".encode(),
            b"\r\n",
            b"250-a\r\n550 b\r\n",
            b"250-a\r\n" * (MAX_LINES + 1),
            b"250 " + b"x" * MAX_LINE,
            b"x" * (MAX_LINE + 1) + b"\r\n",
        ]
    )
)
def test_what_is_no_reply_is_the_last(what):
    *good, bad = Replies().feed(b"250 fine\r\n" + what)
    assert good == [(250, b"fine")]
    assert bad.code == -1
