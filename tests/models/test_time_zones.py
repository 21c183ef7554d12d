"""Names of time zones: of the IANA database alone, and no file is read for them twice."""

import sys
from typing import Any

from models import time_zones


def test_what_only_this_machine_means_by_it_is_none() -> None:
    assert {"Europe/Berlin", "UTC", "Asia/Shanghai"} <= time_zones.names()
    assert not {"localtime", "Factory", "posixrules"} & time_zones.names()


def test_no_file_is_read_for_them_twice() -> None:
    time_zones.names()
    opened: list[Any] = []
    watching = True
    sys.addaudithook(lambda event, args: watching and event == "open" and opened.append(args))

    time_zones.names()

    watching = False
    assert opened == []
