"""What a vendor said, made safe to keep: without the account's secrets, and fit for PostgreSQL.

The rule a newcomer would break: an exception's words may hold the URL, and a URL a token, so
nothing reaches an Outcome but through here.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from models.messages import Outcome

WORDS = 200  # characters of a vendor's words that are kept
SURELY_SECRET = 8  # a shorter one may by chance be part of a vendor's id
URL = re.compile(r"\w+://[^\s'\"]+")


class Words:
    """Takes an account's secrets out of whatever was said, in each form they travel in."""

    def __init__(self, config: BaseModel, *credentials: str) -> None:
        values = (value for _, value in config)
        secrets = [v.get_secret_value() for v in values if isinstance(v, SecretStr)]
        forms = {form for secret in (*secrets, *credentials) for form in _forms(secret)}
        # The longest first, or a part of one would hide the rest of it.
        self._secrets = sorted(forms - {""}, key=len, reverse=True)
        self._sure = [secret for secret in self._secrets if len(secret) >= SURELY_SECRET]

    def clean(self, outcome: Outcome) -> Outcome:
        """The same outcome, its vendor's words safe and at most 200 characters each."""
        detail = _scrubbed(outcome.detail, self._secrets)
        vendor_id = _scrubbed(outcome.vendor_id, self._sure)
        if detail == outcome.detail and vendor_id == outcome.vendor_id:
            return outcome
        return replace(outcome, detail=detail, vendor_id=vendor_id)


def words_of(error: BaseException) -> str:
    """An exception's class and message, without URLs; still to be cleaned."""
    return f"{type(error).__name__}: {URL.sub('<url>', str(error))}".removesuffix(": ")


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret, safe=":@!$&'()*+,;=-._~")  # as a path holds it
    yield json.dumps(secret)[1:-1]
    yield b64encode(secret.encode()).decode()


def _scrubbed(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    text = text[:WORDS]
    # NUL and lone surrogates are refused by PostgreSQL; line ends would break a table.
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
