"""The passwords and keys of one stack, kept for the life of its data.

Losing `secret_keys` loses what they seal, so the file is written once and only added to.
"""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy.local.refusal import CannotRun
from deploy.local.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Secrets:
    """What `secrets.json` holds; `api_key` is empty until the demo application has been seeded."""

    superuser_password: str
    database_password: str
    secret_keys: str
    api_key: str = ""


def open_secrets(path: Path, *, has_data: bool) -> Secrets:
    """The secrets of last time, or new ones; CannotRun if there is data that old ones opened."""
    if path.exists():
        return read_secrets(path)
    if has_data:
        raise CannotRun(f"{path} is missing, and nothing else opens the data: --reset starts anew")
    made = Secrets(
        superuser_password=secrets.token_urlsafe(24),
        database_password=secrets.token_urlsafe(24),
        secret_keys=f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    )
    write_whole(path, json.dumps(asdict(made), indent=2))
    return made


def read_secrets(path: Path) -> Secrets:
    """The secrets as they were written; CannotRun if they cannot be read."""
    try:
        return Secrets(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        raise CannotRun(f"{path} cannot be read as the secrets of a stack") from None


def keep_api_key(path: Path, api_key: str) -> None:
    """Add the demo application's key."""
    write_whole(path, json.dumps(asdict(replace(read_secrets(path), api_key=api_key)), indent=2))
