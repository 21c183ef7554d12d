"""Which API to send to, and with whose key.

The key of this machine's stack is for that stack alone: it never goes to an address from elsewhere.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.sending.refusals import CannotRead


@dataclass(frozen=True, slots=True)
class Target:
    """An API and a key for it."""

    url: str
    key: str


def target(url: str | None, key: str | None, folder: Path) -> Target:
    """What was given; what is missing from the stack that runs on `folder`."""
    if url and not key:
        raise CannotRead(f"no key for {url}: set TIDINGS_KEY, or give --key")
    if not url:
        local = _running(folder)
        url, key = local.url, key or local.key
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CannotRead(f"{url!r} is no address of an API, such as https://tidings.example.com")
    if not key or not key.isascii() or not key.isprintable():
        raise CannotRead("the key holds characters that no key has")
    return Target(url.rstrip("/"), key)


def _running(folder: Path) -> Target:
    # Whoever names an API waits for none of these.
    from deploy.local.folder import existing_folder
    from deploy.local.lock import holder
    from deploy.local.refusal import CannotRun
    from deploy.local.state import read_state
    from deploy.local.summary import summary

    try:
        found = existing_folder(folder)
        state = read_state(found.state) if holder(found) else None
    except CannotRun:
        state = None
    if state is None:
        raise CannotRead(
            f"no stack runs on {folder}: start one with `tidings up`, or name an API with"
            " TIDINGS_URL and TIDINGS_KEY (or --url and --key)"
        )
    facts = summary(found, state)
    return Target(facts["api"], facts["api_key"])
