"""What differs between two contents: a unified diff for each part of a channel and locale.

Bounded: a comparison that would take long gives the whole part, replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import Literal

from models.messages import Channel
from models.rendering.content import Content, sources
from models.rendering.locales import DEFAULT
from models.rendering.prepared import PARTS

CONTEXT = 3  # lines around a change
MOST_COMPARED = 250_000  # pairs of lines between the first and the last difference
NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class PartDiff:
    """One part that differs. `diff`: unified, as `patch` takes it."""

    channel: str
    locale: str
    part: str
    change: Literal["added", "removed", "changed"]
    diff: str


def content_diff(before: Content, after: Content, names: tuple[str, str]) -> list[PartDiff]:
    """Every part that differs, in the order of channels, locales and parts; `names` of both."""
    old, new = _parts(before), _parts(after)
    return [
        PartDiff(*path, change=_change(path in old, path in new), diff=diff)
        for path in sorted({*old, *new}, key=_rank)
        if (diff := unified(old.get(path, ""), new.get(path, ""), _paths(path, names)))
    ]


def unified(before: str, after: str, names: tuple[str, str]) -> str:
    """The unified diff of two texts, empty if they are the same; lines end with line feeds."""
    if before == after:
        return ""
    old, new = _lines(before), _lines(after)
    hunks = _Bounded(old, new).get_grouped_opcodes(CONTEXT)
    head = f"--- {names[0]}\n+++ {names[1]}\n"
    return head + "".join(line for hunk in hunks for line in _hunk(hunk, old, new))


class _Bounded(SequenceMatcher[str]):
    """Compares what lies between the common beginning and end, if it is not too much."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new)
        self._texts = old, new

    def get_matching_blocks(self) -> list[Match]:
        """Runs of equal lines, and an empty one at the end, as the base class has them."""
        old, new = self._texts
        shorter = min(len(old), len(new))
        head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
        rest = shorter - head
        tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
        middle = old[head : len(old) - tail], new[head : len(new) - tail]
        between: Sequence[Match] = ()
        if len(middle[0]) * len(middle[1]) <= MOST_COMPARED:
            between = SequenceMatcher(None, *middle).get_matching_blocks()[:-1]
        blocks = [
            Match(0, 0, head),
            *(Match(head + m.a, head + m.b, m.size) for m in between),
            Match(len(old) - tail, len(new) - tail, tail),
        ]
        return [*(block for block in blocks if block.size), Match(len(old), len(new), 0)]


def _hunk(
    opcodes: Sequence[tuple[str, int, int, int, int]], old: Sequence[str], new: Sequence[str]
) -> Iterator[str]:
    first, last = opcodes[0], opcodes[-1]
    yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
    for tag, old_from, old_to, new_from, new_to in opcodes:
        if tag == "equal":
            yield from _marked(" ", old[old_from:old_to])
            continue
        yield from _marked("-", old[old_from:old_to])
        yield from _marked("+", new[new_from:new_to])


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line if line.endswith("\n") else f"{mark}{line}\n{NO_NEWLINE}"


def _range(start: int, stop: int) -> str:
    """As `diff` writes it: an empty one is named by the line before it."""
    length = stop - start
    return f"{start + 1 if length else start},{length}"


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _parts(content: Content) -> Mapping[tuple[str, str, str], str]:
    found = {}
    for field, source, _ in sources(content):
        channel, locale, part = field.split(".")[1:]
        found[channel, locale, part] = source
    return found


def _rank(path: tuple[str, str, str]) -> tuple[int, bool, str, int]:
    """Channels and parts in our order, the default locale first: a database keeps none."""
    channel, locale, part = path
    parts = list(PARTS[Channel(channel)])
    return list(Channel).index(Channel(channel)), locale != DEFAULT, locale, parts.index(part)


def _paths(path: tuple[str, str, str], names: tuple[str, str]) -> tuple[str, str]:
    return f"{names[0]}/{'/'.join(path)}", f"{names[1]}/{'/'.join(path)}"


def _change(before: bool, after: bool) -> Literal["added", "removed", "changed"]:
    if before and after:
        return "changed"
    return "added" if after else "removed"
