"""Tables on a narrow terminal: no word is broken, and the first column can be copied."""

import re
from collections.abc import Callable

import pytest
from uuid_utils.compat import uuid7

from deploy.managing.listing import show_rows

ID = str(uuid7())
COLUMNS = ("id", "name", "scopes", "state")
ROW = (ID, "checkout", "notifications:send, notifications:read, notifications:cancel", "live")


@pytest.fixture
def shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[int], list[str]]:
    def show(width: int) -> list[str]:
        monkeypatch.setenv("TTY_COMPATIBLE", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        show_rows(COLUMNS, [ROW])
        plain = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)
        return [line.rstrip() for line in plain.splitlines()]

    return show


def test_what_fits_is_a_table(shown) -> None:
    head, line = shown(140)
    assert head.split() == list(COLUMNS)
    assert line.split(None, 2)[:2] == [ID, "checkout"]


def test_where_words_would_break_a_row_has_lines_of_its_own(shown) -> None:
    assert shown(70) == [
        ID,
        "    name: checkout",
        "    scopes: notifications:send, notifications:read,",
        "        notifications:cancel",
        "    state: live",
    ]


def test_an_id_is_whole_however_narrow_it_is(shown) -> None:
    assert shown(20)[0] == ID
