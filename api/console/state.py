"""What the console's pages share in a process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import Request

from api.console.cookies import Cookies
from api.console.oidc_provider import Provider
from models.passwords import Passwords
from models.settings import Settings


def now() -> datetime:
    """The time; tests have a clock of their own."""
    return datetime.now(UTC)


@dataclass
class Console:
    """Made once, by `install`."""

    settings: Settings
    cookies: Cookies
    passwords: Passwords = field(default_factory=Passwords)
    provider: Provider | None = None  # made by the first who logs in by it
    clock: Callable[[], datetime] = now
    most_of_account: int = 10  # attempts to log in, in a quarter of an hour
    most_of_address: int = 100
    most_departures: int = 1_000  # to the company's log-in, from an address: a whole office's


def console_of(request: Request) -> Console:
    """The process's."""
    console: Console = request.app.state.console
    return console
