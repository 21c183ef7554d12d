"""Shows that a secret is set without showing it."""

import re

MASK = "***"
_URL = re.compile(r"(\w+://[^:@/?#\s]*)(?::[^@/?#\s]*)?(@[^@/?#:\s]+(?::\d+)?(?:/\w*)?)")


def masked(secret: str) -> str:
    """A URL without its password; of anything else only that there is something."""
    if not secret:
        return ""
    url = _URL.fullmatch(secret)
    return f"{url[1]}:{MASK}{url[2]}" if url else MASK
