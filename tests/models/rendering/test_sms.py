"""How texts are counted as SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rendering.sms import BASIC, EXTENSION, GSM7, Segments, segments

GSM_TEXTS = st.text(st.sampled_from(sorted(GSM7)), max_size=500)
UNICODE_TEXTS = st.text(st.sampled_from("aé中😀"), max_size=300)


def packed(sizes: list[int], part: int) -> int:
    """Segments by the plainest rule there is: start a new one when the next does not fit."""
    parts: list[int] = [0]
    for size in sizes:
        if parts[-1] + size > part:
            parts.append(0)
        parts[-1] += size
    return len(parts)


def test_the_alphabet_has_the_size_of_the_standard() -> None:
    assert len(BASIC) == 127  # 128 places, one of them the escape
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 0)),
        ("a" * 160, Segments("gsm7", 160, 1)),
        ("a" * 161, Segments("gsm7", 161, 2)),
        ("a" * 306, Segments("gsm7", 306, 2)),
        ("a" * 307, Segments("gsm7", 307, 3)),
        ("€" * 80, Segments("gsm7", 160, 1)),
        ("a" * 159 + "€", Segments("gsm7", 161, 2)),
        ("a" * 152 + "€" + "a" * 152, Segments("gsm7", 306, 3)),  # the € does not fit the first
        ("a" * 151 + "€" + "a" * 153, Segments("gsm7", 306, 2)),
        ("@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà¡¤", Segments("gsm7", 41, 1)),
        ("ç", Segments("ucs2", 1, 1)),  # only its capital is in the alphabet
        ("a\tb", Segments("ucs2", 3, 1)),
        ("a`b", Segments("ucs2", 3, 1)),
        ("don’t", Segments("ucs2", 5, 1)),
        ("中" * 70, Segments("ucs2", 70, 1)),
        ("中" * 71, Segments("ucs2", 71, 2)),
        ("中" * 134, Segments("ucs2", 134, 2)),
        ("中" * 135, Segments("ucs2", 135, 3)),
        ("😀" * 35, Segments("ucs2", 70, 1)),
        ("中" * 66 + "😀" + "中" * 66, Segments("ucs2", 134, 3)),  # the pair is not split
        ("中" * 65 + "😀" + "中" * 67, Segments("ucs2", 134, 2)),
    ],
)
def test_known_texts_have_known_segments(text: str, expected: Segments) -> None:
    assert segments(text) == expected


@given(GSM_TEXTS)
def test_the_alphabet_is_packed_without_splitting_an_escape(text: str) -> None:
    sizes = [2 if character in EXTENSION else 1 for character in text]
    found = segments(text)
    assert (found.encoding, found.units) == ("gsm7", sum(sizes))
    assert found.count == (packed(sizes, 153) if sum(sizes) > 160 else min(1, len(text)))


@given(UNICODE_TEXTS.map(lambda text: text + "中"))
def test_other_texts_are_packed_without_splitting_a_pair(text: str) -> None:
    sizes = [len(character.encode("utf-16-le")) // 2 for character in text]
    found = segments(text)
    assert (found.encoding, found.units) == ("ucs2", sum(sizes))
    assert found.count == (packed(sizes, 67) if sum(sizes) > 70 else 1)


@given(GSM_TEXTS | UNICODE_TEXTS, st.sampled_from("a€中"))
def test_a_longer_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count
