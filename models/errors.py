"""Every error we raise on purpose, each with a stable code. Standard library only.

* TidingsError
  * BadRequest      400  not even readable: JSON, depth
  * Unauthorized    401  no key, or not a valid one
  * Forbidden       403  the key lacks a scope
  * NotFound        404  no such thing, or not yours
  * Conflict        409  not in this state
    * InFlight      409  the same idempotency key is at work: ask again
    * InUse         409  something needs it: `used_by` names what
    * PublishedMeanwhile  409  another version was published: `published` says which
  * TooLarge        413  over a limit of size
  * UnsupportedMediaType  415  the body is not said to be JSON
  * Invalid         422  names the field, and the limit if there is one
  * KeyReused       422  the same idempotency key with another body
  * TooManyAttempts 429  to log in: wait
  * RateLimited     429  the key calls more often than it may: ask again
  * Misconfigured   500  our settings or credentials are wrong
  * Unavailable     503  PostgreSQL is away: ask again
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar


class TidingsError(Exception):
    """Base of every deliberate error; `code` is stable, the text is safe to show."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    facts: Mapping[str, Any] = MappingProxyType({})  # more members of the problem

    def __init__(
        self,
        detail: str = "",
        *,
        field: str | None = None,
        limit: int | str | None = None,
        retry_after_seconds: int | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.field = field
        self.limit = limit
        self.retry_after_seconds = retry_after_seconds
        self.reason = reason or self.code


class BadRequest(TidingsError):
    """Not readable as JSON."""

    code = "bad_request"
    status = 400


class Unauthorized(TidingsError):
    """No key, or not a valid one."""

    code = "unauthorized"
    status = 401


class Forbidden(TidingsError):
    """The key lacks a scope; `limit` names it."""

    code = "forbidden"
    status = 403


class NotFound(TidingsError):
    """No such thing, or not yours."""

    code = "not_found"
    status = 404


class Conflict(TidingsError):
    """The thing is not in a state that allows this."""

    code = "conflict"
    status = 409


class InFlight(Conflict):
    """A request with the same idempotency key is at work."""

    code = "in_flight"


class InUse(Conflict):
    """Something needs it; `used_by`: the kind, id and name of each."""

    code = "in_use"

    def __init__(self, detail: str, used_by: list[dict[str, str]]) -> None:
        super().__init__(detail)
        self.facts = {"used_by": used_by}


class PublishedMeanwhile(Conflict):
    """Not what was expected is published, but this version; None: no version is."""

    code = "published_meanwhile"

    def __init__(self, detail: str, published: int | None, *, reason: str | None = None) -> None:
        super().__init__(detail, field="version", reason=reason)
        self.facts = {"published": published}


class TooLarge(TidingsError):
    """Over a limit of size; `limit` says which."""

    code = "too_large"
    status = 413


class UnsupportedMediaType(TidingsError):
    """The body's type is none we read; `limit` says which we do."""

    code = "unsupported_media_type"
    status = 415


class Invalid(TidingsError):
    """The request breaks a rule; `field`, `limit` and `reason` say which."""

    code = "invalid"
    status = 422


class KeyReused(TidingsError):
    """The idempotency key belongs to another body."""

    code = "key_reused"
    status = 422


class TooManyAttempts(TidingsError):
    """To log in; `retry_after_seconds` says when there may be another."""

    code = "too_many_attempts"
    status = 429


class RateLimited(TidingsError):
    """Too many requests; `limit` says how many its window holds."""

    code = "rate_limited"
    status = 429


class Misconfigured(TidingsError):
    """Our credentials or settings are wrong."""

    code = "misconfigured"


class Unavailable(TidingsError):
    """PostgreSQL is away, or has no place for one more request."""

    code = "unavailable"
    status = 503
