"""Where a log-in leads: to a page of ours, whatever the address says."""

from urllib.parse import urlsplit

FIRST = "/console/"


def own(path: str) -> str:
    """The path, if it is one of ours, or else the first page."""
    try:
        parts = urlsplit(path)
    except ValueError:  # such as //[
        return FIRST
    plain = path.isprintable() and "\\" not in path and not parts.scheme and not parts.netloc
    ours = parts.path == "/console" or parts.path.startswith(FIRST)
    return path if plain and ours and ".." not in parts.path.split("/") else FIRST
