"""How a text is counted as SMS: its encoding, and the segments a vendor bills.

GSM 03.38 is 7 bits a character; one character outside it makes the whole text UCS-2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# 3GPP TS 23.038, 6.2.1: the default alphabet, and its extension table behind an escape.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM7 = BASIC | EXTENSION
# Units in a text of one segment, and in each of several (the rest is their header).
GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: `units` are septets, or UTF-16 code units."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    count: int


def segments(text: str) -> Segments:
    """The segments of a text as it is; an empty one has none."""
    if GSM7.issuperset(text):
        sizes = [2 if character in EXTENSION else 1 for character in text]
        return Segments("gsm7", sum(sizes), _count(sizes, GSM7_SINGLE, GSM7_PART))
    sizes = [2 if character > "\uffff" else 1 for character in text]
    return Segments("ucs2", sum(sizes), _count(sizes, UCS2_SINGLE, UCS2_PART))


def _count(sizes: Iterable[int], single: int, part: int) -> int:
    """Segments filled in order; a character of two units is never split over two of them."""
    count = total = used = 0
    for size in sizes:
        total += size
        if count == 0 or used + size > part:
            count, used = count + 1, 0
        used += size
    return count if total > single else min(count, 1)
