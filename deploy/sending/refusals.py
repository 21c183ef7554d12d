"""Why a line, or the whole of a send, was refused.

A `LineProblem` is one line's and the others go on; the errors here end the send, each with the
exit code that docs/sending.md promises to scripts.
"""

from dataclasses import dataclass
from typing import ClassVar

from models.errors import TidingsError


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with a line of the file, by the names the API uses in its problems."""

    line: int
    field: str
    code: str
    detail: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        field = f"{self.field}: " if self.field else ""
        return f"{where}{field}{self.detail} ({self.code})"


class SendStopped(TidingsError):
    """The send ends here."""

    exit_code: ClassVar[int] = 2


class CannotRead(SendStopped):
    """The file, or what the command was told, makes no sense as a whole: nothing is sent."""


class Refused(SendStopped):
    """The API does not do that: what it says, and the code that a script goes by."""

    exit_code: ClassVar[int] = 1


class KeyRefused(SendStopped):
    """The API refuses the key, or the key lacks a scope."""


class Unreachable(SendStopped):
    """The API did not answer, however often it was asked."""

    exit_code: ClassVar[int] = 3
