"""Why a line, or the whole of a send, was refused.

A `LineProblem` is one line's and the others go on; the errors here end the send, each with the
exit code that docs/sending.md promises to scripts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

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


NO_PROBLEM: Mapping[str, Any] = MappingProxyType({})


class SendStopped(TidingsError):
    """The send ends here; `problem`: what the API said, if it was the API."""

    code: ClassVar[str] = "invalid_command"
    exit_code: ClassVar[int] = 2

    def __init__(self, detail: str, problem: Mapping[str, Any] = NO_PROBLEM) -> None:
        super().__init__(detail)
        self.facts = problem


class CannotRead(SendStopped):
    """The file, or what the command was told, makes no sense as a whole: nothing is sent."""


class Refused(SendStopped):
    """The API does not do that: what it says, and the code that a script goes by."""

    code = "refused"
    exit_code = 1


class KeyRefused(SendStopped):
    """The API refuses the key, or the key lacks a scope."""

    code = "unauthorized"


class Unreachable(SendStopped):
    """The API did not answer, however often it was asked."""

    code = "unreachable"
    exit_code = 3
