"""Notifications as people read them on a terminal. What others wrote moves no cursor."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from deploy.campaigning.views import at
from deploy.managing.listing import show_rows
from deploy.sending.account import printable

View = Mapping[str, Any]


def show_page(_console: Console, page: View) -> None:
    """A line each, the newest first."""
    columns = ("id", "status", "reason", "category", "priority", "channels", "for", "due (UTC)")
    show_rows(columns, [_line(view) for view in page["items"]])


def show_notification(console: Console, view: View) -> None:
    """All there is to know of one."""
    console.print(f"{view['id']}  {view['status']}")
    for name, value in _facts(view):
        if value:
            console.print(f"{name}  {printable(value)}")
    if view["messages"]:
        console.print()
        columns = ("message", "channel", "address", "state", "reason", "next (UTC)")
        show_rows(columns, [_message(message) for message in view["messages"]])
    if attempts := list(_attempts(view)):
        console.print()
        columns = ("attempt", "message", "account", "outcome", "detail", "at (UTC)")
        show_rows(columns, attempts)
    console.print()
    show_timeline(console, view)


def show_timeline(console: Console, view: View) -> None:
    """An event a line."""
    for event in view["timeline"]:
        console.print(event_line(event))


def event_line(event: View) -> str:
    """One event of the timeline."""
    words = [event["at"][:23].replace("T", " "), event["kind"].replace("_", " ")]
    if event["seq"] is not None:
        words.append(f"message {event['seq']}")
    if event["reason"]:
        words.append(f"({printable(event['reason'])})")
    return "  ".join(words)


def show_accepted(console: Console, view: View) -> None:
    """The id of what was accepted."""
    console.print(f"{view['id']}  {view['status']}, due {at(view['due_at'])} UTC")


def show_cancelled(console: Console, view: View) -> None:
    """What a cancellation found."""
    console.print(f"{view['id']}  {view['outcome'].replace('_', ' ')}; it is {view['status']}")


def _line(view: View) -> list[str]:
    profile = view["profile"] or {}
    whom = profile.get("external_id") or profile.get("id") or ""
    words = (view["status"], view["reason"] or "", view["category"], view["priority"])
    channels = ", ".join(view["channels"])
    return [
        view["id"],
        *(printable(word) for word in words),
        channels,
        printable(whom),
        at(view["due_at"]),
    ]


def _facts(view: View) -> Iterator[tuple[str, str]]:
    template = view["template"] and f"{view['template']} version {view['template_version']}"
    yield "content", template or "its own"
    yield "category", f"{view['category']}, priority {view['priority']}"
    yield "to", ", ".join(f"{channel} {address}" for channel, address in view["to"].items())
    yield "profile", view["profile_id"] or ""
    yield "channels", f"{', '.join(view['channels'])} ({view['channel_mode']})"
    yield "metadata", ", ".join(f"{name}={value}" for name, value in view["metadata"].items())
    yield "accepted", at(view["created_at"])
    yield "due", at(view["due_at"])
    yield "expires", at(view["expires_at"])
    yield "ended", at(view["ended_at"]) if view["ended_at"] else ""
    yield "workflow", view["workflow_id"] or ""
    yield "sent again of", view.get("resend_of") or ""


def _message(message: View) -> list[str]:
    words = (message["address"], message["result"] or message["phase"], message["reason"] or "-")
    next_at = at(message["next_at"]) if message["next_at"] else "-"
    return [_number(message), message["channel"], *(printable(word) for word in words), next_at]


def _attempts(view: View) -> Iterator[list[str]]:
    for message in view["messages"]:
        for attempt in message["attempts"]:
            words = (
                attempt["account"],
                attempt["outcome"] or "under way",
                attempt["detail"] or "-",
            )
            yield [
                str(attempt["n"]),
                _number(message),
                *(printable(word) for word in words),
                at(attempt["started_at"]),
            ]


def _number(message: View) -> str:
    return str(message["id"]).rpartition(".")[2]
