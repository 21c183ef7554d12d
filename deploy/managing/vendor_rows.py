"""Vendor accounts as people read them on a terminal. What vendors wrote moves no cursor."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.managing.listing import show_rows
from deploy.sending.account import printable

SHOWN = ("id", "application", "name", "channel", "vendor", "rank", "state", "paused_at",
         "closed_until", "closed_reason", "per_second", "reserve", "created_at")  # fmt: skip
COLUMNS = ("name", "application", "channel", "vendor", "rank", "per second", "state")


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without its settings."""
    return {name: row[name] for name in SHOWN}


def show_accounts(rows: Sequence[Mapping[str, Any]]) -> None:
    """A line each."""
    show_rows(COLUMNS, [_words(row) for row in rows])


def show_account(row: Mapping[str, Any]) -> None:
    """All there is to know of one."""
    facts = [[name, printable(str(row[name]))] for name in SHOWN if row[name] is not None]
    config = row["config"]
    settings = [[f"config.{name}", printable(str(value))] for name, value in (config or {}).items()]
    unread = [] if config is not None else [["config", "no key of TIDINGS_SECRET_KEYS opens it"]]
    show_rows(("", ""), [*facts, *settings, *unread])
    if row["errors"]:
        columns = ("errors", "reason", "of", "last (UTC)", "the vendor's words")
        show_rows(columns, [_error(error) for error in row["errors"]])


def _error(error: Mapping[str, Any]) -> list[str]:
    last = f"{error['last_at']:%H:%M:%S}" if error["last_at"] else ""
    words = [error["reason"] or error["outcome"], error["scope"] or "", last, error["detail"] or ""]
    return [str(error["count"]), *(printable(word) for word in words)]


def _words(row: Mapping[str, Any]) -> list[str]:
    words = [str(row[name]) for name in ("name", "application", "channel", "vendor", "rank")]
    rate = "" if row["per_second"] is None else f"{row['per_second']:g}"
    return [*words, rate, _state(row)]


def _state(row: Mapping[str, Any]) -> str:
    if row["state"] != "closed":
        return str(row["state"])
    return f"rests until {row['closed_until']:%H:%M:%S} UTC ({row['closed_reason']})"
