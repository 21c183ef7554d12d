"""Why the stack cannot run. The text is one line for a person: what is wrong, and what to do."""

from collections.abc import Sequence
from typing import ClassVar

from models.errors import TidingsError


class CannotRun(TidingsError):
    """Something stands in the way of the stack."""

    code: ClassVar[str] = "cannot_run"


class PartFailed(CannotRun):
    """A part of the stack was given up; `tail` holds the last lines of its log."""

    code: ClassVar[str] = "part_failed"

    def __init__(self, detail: str, tail: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.tail = list(tail)
        self.facts = {"tail": self.tail}
