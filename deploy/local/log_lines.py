"""What the parts of a stack wrote, as one account in the order of time.

A line without a time of its own (a traceback, a banner) belongs to the one before it.
"""

import heapq
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.local.refusal import CannotRun

BEGINNING = datetime.min.replace(tzinfo=UTC)
OURS = re.compile(r'"timestamp": "([^"]+)"')
THEIRS = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)")
SPAN = re.compile(r"(\d+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a part, and when it was written, as far as is known."""

    at: datetime
    part: str
    text: str

    def as_json(self) -> str:
        """For `--json`."""
        at = None if self.at == BEGINNING else self.at.isoformat()
        return json.dumps({"at": at, "part": self.part, "line": self.text})


def log_files(logs: Path, part: str | None) -> dict[str, Path]:
    """The log of each part, or of the one that is named; CannotRun says which there are."""
    found = {path.stem: path for path in sorted(logs.glob("*.log"))}
    if part is None:
        return found
    name = part.replace(" ", "-")
    if name not in found:
        there = ", ".join(found) or "none"
        raise CannotRun(f"no log of a part named {part!r} in {logs}: there are {there}")
    return {name: found[name]}


def moment(said: str, now: datetime) -> datetime:
    """Of `10m`, `2h`, `3d`, or of an RFC 3339 time."""
    if span := SPAN.fullmatch(said):
        return now - timedelta(seconds=int(span[1]) * SECONDS[span[2]])
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        want = f"30s, 10m, 2h, 3d or a time such as {now:%Y-%m-%dT%H:%M:%SZ}"
        raise CannotRun(f"--since {said!r}: want {want}") from None
    return at if at.tzinfo else at.astimezone()


def last_lines(files: dict[str, Path], most: int) -> Sequence[Line]:
    """The last ones of all these parts together."""
    tails = [deque(_whole(part, path), maxlen=most) for part, path in files.items()]
    return deque(heapq.merge(*tails, key=_at), maxlen=most)


def lines_since(files: dict[str, Path], since: datetime) -> Iterator[Line]:
    """All that were written since."""
    found = heapq.merge(*(_whole(part, path) for part, path in files.items()), key=_at)
    return (line for line in found if line.at >= since)


def dated(part: str, texts: Iterable[str], after: datetime = BEGINNING) -> Iterator[Line]:
    """Each with its time, or with that of the one before it."""
    for text in texts:
        after = max(after, _time(text) or after)
        yield Line(after, part, text)


def _whole(part: str, path: Path) -> Iterator[Line]:
    return dated(part, (text for each in _ages(path) for text in _texts(each)))


def _ages(path: Path) -> list[Path]:
    return [each for each in (path.with_suffix(".log.1"), path) if each.exists()]


def _texts(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as log:
        for line in log:
            yield line.rstrip("\n")


def _at(line: Line) -> datetime:
    return line.at


def _time(text: str) -> datetime | None:
    found = OURS.search(text)
    try:
        if found:
            return datetime.fromisoformat(found[1])
        if found := THEIRS.search(text):
            return datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    except ValueError:
        return None
    return None
