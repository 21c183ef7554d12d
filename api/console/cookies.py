"""The console's cookies: the session's token, and what a browser prefers.

Over https `__Host-tidings`: of this host alone, never sent in the clear. Plain http is for one
machine (TIDINGS_CONSOLE_URL=http://127.0.0.1:…): there the port is in the name, since browsers send
the cookies of a host to all its ports.
"""

import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import Request, Response

YEAR_SECONDS = 365 * 86_400
PREFERENCES = ("language", "theme", "zone")


class Cookies:
    """Names and attributes, as the console's address wants them."""

    def __init__(self, console_url: str) -> None:
        parts = urlsplit(console_url)
        self.secure = parts.scheme != "http"
        self._base = "__Host-tidings" if self.secure else f"tidings-{parts.port or 80}"

    def name(self, what: str = "") -> str:
        """Of the session, or of something beside it."""
        return f"{self._base}-{what}" if what else self._base

    def read(self, request: Request, what: str = "") -> str:
        """What the browser sent, or nothing."""
        return request.cookies.get(self.name(what), "")

    def set(self, response: Response, what: str, value: str, seconds: int | None = None) -> None:
        """Until the browser ends, or for so many seconds."""
        response.set_cookie(
            self.name(what),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def forget(self, response: Response, what: str = "") -> None:
        """The browser drops it."""
        response.delete_cookie(self.name(what), path="/", secure=self.secure, samesite="lax")


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What the database knows it by."""
    return sha256(token.encode()).digest()


def form_token(token: str) -> str:
    """What a form carries to show that the page was ours; tells nothing about the token."""
    return sha256(b"tidings form " + token.encode()).hexdigest()
