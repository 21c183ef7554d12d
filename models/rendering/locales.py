"""Locales of a content, and the one that a recipient gets."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

MAX_LOCALES = 50
DEFAULT = "default"
# As BCP 47 writes them: "de", "pt-BR", "zh-Hant-TW"; so no two differ by their case only.
LOCALE = re.compile(r"default|[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def locale_for(locales: Collection[str], locale: str) -> str:
    """The one to use: that one, else its language ("pt-BR" → "pt"), else default.

    Written in any case and with `_` or `-`, as BCP 47 and POSIX have it.
    """
    if not locale or locale in locales:
        return locale or DEFAULT
    written = _written(tuple(locales))
    wanted = locale.replace("_", "-").lower()
    while wanted:
        if wanted in written:
            return written[wanted]
        wanted = wanted.rpartition("-")[0]
    return DEFAULT


@lru_cache(maxsize=256)
def _written(locales: tuple[str, ...]) -> Mapping[str, str]:
    """As they are written, by their small letters."""
    return {each.lower(): each for each in locales}
