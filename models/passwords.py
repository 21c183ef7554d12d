"""Passwords of the staff: argon2id, off the event loop, few at a time since each takes 64 MiB."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import Invalid

SHORTEST, LONGEST = 12, 200
AT_ONCE = 2
HASHER = PasswordHasher()  # the library's own choice: RFC 9106, low memory


class Passwords:
    """Hashes and verifies, for one process."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._places = asyncio.Semaphore(AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """What is kept of it."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Is it the one? Takes as long for somebody who has none."""
        if not self._nobody:
            self._nobody = await self.hash(secrets.token_urlsafe())
        async with self._places:
            known = await asyncio.to_thread(self._verified, kept or self._nobody, password)
        return known and kept is not None

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False


def new() -> str:
    """One that nobody chose: 96 random bits."""
    return secrets.token_urlsafe(12)


def checked(password: str, email: str) -> str:
    """The password, if it may be one."""
    if not SHORTEST <= len(password) <= LONGEST:
        detail = f"want {SHORTEST} to {LONGEST} characters"
        raise Invalid(detail, field="password", limit=SHORTEST, reason="password_length")
    if len(set(password)) < 5 or password.casefold() in (email, email.partition("@")[0] * 2):
        raise Invalid("too easy to guess", field="password", reason="password_weak")
    return password
