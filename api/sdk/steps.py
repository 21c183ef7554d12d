"""What the logic asks of a driver, step by step: it touches no socket and never sleeps itself.

A piece of logic is a generator. It yields a step and is sent what came of it; a transport error is
sent to it like an answer, since what follows from one is for the logic to say.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from api.sdk.request import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Sent back: the response, read to its end, or the transport's error."""

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """The same, but of a good response only the head is read."""

    request: Request


@dataclass(frozen=True, slots=True)
class NextLine:
    """Sent back: the next line of what was opened, None at its end, or the transport's error."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """For so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Give(Generic[T]):
    """Hand this to whom iterates."""

    item: T


Step: TypeAlias = Send | Open | NextLine | Sleep
Steps: TypeAlias = Generator[Step, Any, T]
Feed: TypeAlias = Generator[Step | Give[T], Any, None]
