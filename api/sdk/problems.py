"""What goes wrong, as exceptions. A `Problem` says what the API said (RFC 9457)."""

from collections.abc import Mapping
from typing import Any


class TidingsError(Exception):
    """Anything that this SDK raises on purpose."""


class Unreachable(TidingsError):
    """There was no answer. `may_have_arrived`: what was asked may have been done all the same."""

    def __init__(self, message: str, *, may_have_arrived: bool = False) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class NotTidings(TidingsError):
    """Whatever answered is no Tidings API."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class TooShort(TidingsError):
    """More of a file is stored than it has: it is another one."""


class NotEnded(TidingsError):
    """It was waited for, and has not ended in the time given. `view` is the last that was seen."""

    def __init__(self, message: str, view: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.view = view


class Problem(TidingsError):
    """The API does not do that. `code` is stable; `field` is at fault, by `limit` if it has one."""

    def __init__(self, status: int, body: Mapping[str, Any], retry_after_seconds: float) -> None:
        self.status = status
        self.body = body
        self.code = str(body.get("code") or "")
        self.detail = str(body.get("detail") or "")
        self.field: str | None = body.get("field")
        self.limit: int | str | None = body.get("limit")
        self.retry_after_seconds = retry_after_seconds
        super().__init__(_sentence(self))


class BadRequest(Problem):
    """400: the request cannot be read."""


class Unauthorized(Problem):
    """401: no such key, or it is revoked."""


class Forbidden(Problem):
    """403: the key lacks a scope, or it may not be this one who does it."""


class NotFound(Problem):
    """404: this application has no such thing."""


class Conflict(Problem):
    """409: not in the state that it is in; or another request with the same key is at work."""


class TooLarge(Problem):
    """413: longer than the API takes."""


class Invalid(Problem):
    """422: it makes no sense, and `field` is why."""


class RateLimited(Problem):
    """429: too many, for now."""


class Unavailable(Problem):
    """5xx: the API cannot answer now."""


BY_STATUS: dict[int, type[Problem]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    429: RateLimited,
}


def problem(status: int, body: Mapping[str, Any], retry_after_seconds: float = 0.0) -> Problem:
    """The exception that says it."""
    kind = Unavailable if status >= 500 else BY_STATUS.get(status, Problem)
    return kind(status, body, retry_after_seconds)


def _sentence(problem: Problem) -> str:
    words = problem.detail or f"answered {problem.status}"
    named = f"{problem.field}: {words}" if problem.field else words
    return f"{named} ({problem.code})" if problem.code else named
