"""Browsers that somebody has logged in with: their attempts are counted apart from all others.

So who guesses at an account from elsewhere does not lock its owner out. The cookie proves that the
log-in was; it opens nothing.
"""

import hmac
import secrets
from hashlib import sha256
from uuid import UUID

from fastapi import Request

from api.console.state import Console
from api.console.visits import Visit

PURPOSE = b"tidings known device"
COOKIE = "device"
KEPT_SECONDS = 180 * 86_400


def known(request: Request, console: Console, staff_id: UUID) -> str | None:
    """The name of this browser, if this member has logged in with it."""
    nonce, _, proof = console.cookies.read(request, COOKIE).partition(".")
    if not nonce or not hmac.compare_digest(proof.encode(), _proof(console, staff_id, nonce)):
        return None
    return nonce


def remember(visit: Visit, staff_id: UUID) -> None:
    """From now on it is known."""
    nonce = secrets.token_urlsafe(16)
    proof = _proof(visit.console, staff_id, nonce).decode()
    visit.set_cookies[COOKIE] = f"{nonce}.{proof}", KEPT_SECONDS


def _proof(console: Console, staff_id: UUID, nonce: str) -> bytes:
    ring = console.settings.secret_keys.get_secret_value()
    key = hmac.digest(ring.partition(",")[0].encode(), PURPOSE, sha256)
    return hmac.digest(key, staff_id.bytes + nonce.encode(), sha256).hex().encode()
