"""Profiles, groups and suppressions as people read them on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from deploy.campaigning.views import at
from deploy.managing.listing import show_rows
from deploy.sending.account import printable

View = Mapping[str, Any]
MOST_REFUSALS = 50


def show_profiles(_console: Console, page: View) -> None:
    """A line each."""
    columns = ("id", "external id", "name", "contacts", "groups")
    show_rows(columns, [_profile_line(view) for view in page["items"]])


def show_profile(console: Console, view: View) -> None:
    """One, with its contacts and groups."""
    console.print(f"{view['id']}  {printable(view['external_id'])}")
    facts = {
        "name": view["name"],
        "locale": view["locale"],
        "time zone": view["time_zone"],
        "metadata": ", ".join(f"{name}={value}" for name, value in view["metadata"].items()),
        "groups": ", ".join(group["name"] for group in view["groups"]),
        "merged into it": ", ".join(each["external_id"] for each in view["merged"]),
        "changed": f"{at(view['updated_at'])} (revision {view['revision']})",
    }
    for name, value in facts.items():
        if value:
            console.print(f"{name}  {printable(value)}")
    if view["contacts"]:
        console.print()
        columns = ("contact", "channel", "address", "rank", "suppressed")
        show_rows(columns, [_contact_line(contact) for contact in view["contacts"]])


def show_deleted(console: Console, view: View) -> None:
    """What a deletion found on its way."""
    stopped, gone = f"{view['stopped']:,}", f"{view['under_way']:,}"
    console.print(f"{view['id']}  deleted: {stopped} messages stopped, {gone} under way")


def show_groups(_console: Console, page: View) -> None:
    """A line each."""
    columns = ("id", "name", "members", "description")
    show_rows(columns, [_group_line(view) for view in page["items"]])


def show_group(console: Console, view: View) -> None:
    """One, and how many are in it."""
    console.print(f"{view['id']}  {printable(view['name'])}, {view['members']:,} members")
    if view["description"]:
        console.print(printable(view["description"]))


def show_members(console: Console, view: View) -> None:
    """What a change of members did."""
    counts = f"{view['added']:,} added, {view['removed']:,} removed"
    console.print(f"{counts}; {view['members']:,} members")
    for unknown in view.get("unknown", ()):
        console.print(f"{printable(unknown)}: no such profile (unknown_profile)")
    show_refusals(console, view)


def show_bulk(console: Console, view: View) -> None:
    """What became of the lines of a file of people."""
    words = ("created", "updated", "unchanged", "refused")
    console.print(", ".join(f"{view[word]:,} {word}" for word in words))
    show_refusals(console, view)


def show_refusals(console: Console, view: View) -> None:
    """The first refusals, a line each."""
    for line in view.get("refusals", ())[:MOST_REFUSALS]:
        field = f"{line['field']}: " if line["field"] else ""
        text = f"line {line['line']}: {field}{line['detail']} ({line['reason']})"
        console.print(printable(text))
    shown = len(view.get("refusals", ())[:MOST_REFUSALS])
    if view.get("refused", 0) > shown:
        console.print(f"… and {view['refused'] - shown:,} more")


def show_suppressions(_console: Console, page: View) -> None:
    """A line each, the newest first."""
    columns = ("id", "channel", "address", "reason", "by", "since (UTC)", "note")
    show_rows(columns, [_suppression_line(view) for view in page["items"]])


def show_suppression(console: Console, view: View) -> None:
    """One, in a line."""
    console.print("  ".join(each for each in _suppression_line(view) if each))


def _profile_line(view: View) -> list[str]:
    contacts = ", ".join(f"{c['channel']}: {c['address']}" for c in view["contacts"])
    groups = ", ".join(group["name"] for group in view["groups"])
    words = (view["external_id"], view["name"], contacts, groups)
    return [view["id"], *(printable(word) for word in words)]


def _contact_line(contact: View) -> list[str]:
    words = (contact["channel"], contact["address"], str(contact["rank"]), contact["suppressed"])
    return [contact["id"], *(printable(word or "-") for word in words)]


def _group_line(view: View) -> list[str]:
    return [
        view["id"],
        printable(view["name"]),
        f"{view['members']:,}",
        printable(view["description"]),
    ]


def _suppression_line(view: View) -> list[str]:
    words = (view["channel"], view["address"], view["reason"], view["created_by"] or "a vendor")
    return [
        view["id"],
        *(printable(word) for word in words),
        at(view["created_at"]),
        printable(view["note"]),
    ]
