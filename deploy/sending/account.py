"""What became of every line: counted, and each refusal told as it comes to know."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from deploy.failing import as_line
from deploy.sending.errors_file import ErrorsFile
from deploy.sending.refusals import LineProblem

MOST_SHOWN = 50  # refusals on a terminal
MOST_PIPED = 1000


@dataclass(slots=True)
class Totals:
    """Notifications by what became of them; together all that were in the file."""

    accepted: int = 0
    replayed: int = 0  # of the accepted: by an earlier run of the same file
    known: int = 0  # their dedupe key was accepted before
    duplicates: int = 0  # of an earlier line
    refused: int = 0
    not_sent: int = 0  # the send was stopped before them
    seconds: float = 0.0
    read_whole: bool = False  # all that was counted is of the whole file

    @property
    def all(self) -> int:
        """How many notifications there were."""
        return self.accepted + self.known + self.duplicates + self.refused + self.not_sent

    @property
    def per_second(self) -> float:
        """How fast they were accepted."""
        return round(self.accepted / self.seconds, 1) if self.seconds else 0.0

    def facts(self) -> dict[str, Any]:
        """The object of `--json`."""
        rounded = {"seconds": round(self.seconds, 3), "per_second": self.per_second}
        counts = {k: v for k, v in asdict(self).items() if k != "read_whole"}
        return {"notifications": self.all, **counts, **rounded}


class Account:
    """Counts, and tells refusals on `console` and in the errors file."""

    def __init__(self, console: Console, errors: ErrorsFile, *, as_json: bool = False) -> None:
        self.totals = Totals()
        self._console = console
        self._errors = errors
        self._as_json = as_json
        self._untold = 0
        self._may_tell = MOST_SHOWN if console.is_terminal else MOST_PIPED

    def duplicate(self, line: int, first: int, why: str, field: str) -> None:
        """A line that says what an earlier one said."""
        self.totals.duplicates += 1
        detail = f"duplicate of line {first} ({why})"
        self._tell(LineProblem(line, field, "duplicate_in_file", detail))

    def refused(self, problem: LineProblem) -> None:
        """A line that was not accepted, here or by the API."""
        self.totals.refused += 1
        self._tell(problem)

    def say(self, text: str) -> None:
        """A line for a person, on stderr."""
        # Neither markup nor wrapping: what is told is data, and a pipe may read it.
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def tell_rest(self) -> None:
        """At the end: how many refusals were not told, and where they are."""
        if self._untold:
            where = self._errors.path
            rest = f", all of them in {where}" if where else ": --errors FILE keeps them all"
            self.say(f"… and {self._untold:,} more{rest}")

    def _tell(self, problem: LineProblem) -> None:
        self._errors.write(problem)
        if self._may_tell:
            self._may_tell -= 1
            self.say(_as_line(problem) if self._as_json else printable(str(problem)))
        else:
            self._untold += 1


def _as_line(problem: LineProblem) -> str:
    where = {"line": problem.line} if problem.line else {}
    return as_line(problem.code, problem.detail, problem.field or None, more=where)


def printable(text: str) -> str:
    """The text without what would move a terminal's cursor or turn its writing round."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)
