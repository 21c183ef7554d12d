"""What the SDK raises, as what ends a command: a line, and the exit code that scripts go by."""

from collections.abc import Iterator
from contextlib import contextmanager

from api import sdk
from deploy.sending.account import printable
from deploy.sending.refusals import CannotRead, KeyRefused, Refused, SendStopped, Unreachable


@contextmanager
def stopping(url: str) -> Iterator[None]:
    """Turn every error of the SDK into SendStopped."""
    try:
        yield
    except sdk.TidingsError as error:
        raise stopped(error, url) from None


def stopped(error: sdk.TidingsError, url: str) -> SendStopped:
    """1: the API does not do that, 2: the key or the address is wrong, 3: there is no answer."""
    words = printable(str(error))
    match error:
        case sdk.Unreachable():
            return Unreachable(words)
        case sdk.NotTidings() | sdk.TooShort():
            return CannotRead(words)
        case sdk.Unauthorized() | sdk.Forbidden(code="missing_scope"):
            detail = error.detail or "it says nothing more"
            return KeyRefused(
                f"the API refuses the key: {printable(detail)} ({error.code})", error.body
            )
        case sdk.RateLimited() | sdk.Unavailable():
            detail = f": {printable(error.detail)}" if error.detail else ""
            return Unreachable(f"the API at {url} answered {error.status}{detail}", error.body)
        case sdk.Problem():
            return Refused(words, error.body)
        case _:
            return Refused(words)
