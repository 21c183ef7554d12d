"""The time zones of the IANA database, by their names; standard library only."""

from functools import cache
from zoneinfo import available_timezones  # noqa: TID251 - here it is called once


@cache
def names() -> frozenset[str]:
    """All of them, looked for once: that reads hundreds of files, and the event loop waits.

    The system's folder also holds what only this machine means by it: not that.
    """
    return frozenset(available_timezones() - {"localtime", "Factory"})
