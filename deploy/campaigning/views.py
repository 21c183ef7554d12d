"""Campaigns as people read them on a terminal. What others wrote moves no cursor."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.managing.listing import show_rows
from deploy.sending.account import printable

RESULTS = ("sent", "refused", "suppressed", "expired", "cancelled", "unknown", "pending")
EXCERPT_LINES = 12
EXCERPT_CHARACTERS = 800

View = Mapping[str, Any]


def show_campaign(console: Console, view: View) -> None:
    """All there is to know of one, a line each."""
    console.print(f"{view['id']}  {view['status']}{_because(view['reason'])}")
    show_facts(console, facts(view))
    for problem in view["problems"]:
        console.print(_problem(problem))


def show_page(console: Console, page: View) -> None:
    """A line each, the newest first."""
    columns = ("id", "status", "people", "channel", "name", "by", "created (UTC)")
    show_rows(
        columns,
        [
            [
                *(view["id"], view["status"], _count(view["people"]), view["channel"]),
                *(printable(view["name"]), printable(view["created_by"])),
                at(view["created_at"]),
            ]
            for view in page["items"]
        ],
    )


def show_moved(console: Console, view: View) -> None:
    """The id, which is what other commands want, and where it is now."""
    console.print(f"{view['id']}  {view['status']}{_because(view['reason'])}")


def show_cancelled(console: Console, view: View) -> None:
    """The three numbers of a cancellation."""
    stopped, gone, doubt = (f"{view[n]:,}" for n in ("stopped", "handed_over", "in_doubt"))
    console.print(f"cancelled: {stopped} stopped, {gone} had gone, {doubt} in doubt")


def show_notifications(console: Console, sent: View) -> None:
    """The ids of what a test has sent."""
    for id in sent["notifications"]:
        console.print(id)


def show_preview(console: Console, preview: View) -> None:
    """One person after the other, as they would read it."""
    for item in preview["items"]:
        console.print(f"line {item['line']}: {printable(item['to'])}")
        for line in excerpt(item):
            console.print(f"  {line}")


def show_report(console: Console, report: View) -> None:
    """The books of an ended one."""
    campaign = report["campaign"]
    took = "" if report["seconds"] is None else f" in {report['seconds']:,.1f} s"
    console.print(f"{printable(campaign['name'])}: {report['status']}{took}")
    show_books(console, report)


def show_books(console: Console, progress: View) -> None:
    """The audience, by result and reason."""
    table = Table("messages", "result", "reason", box=None, padding=(0, 2, 0, 0))
    table.columns[0].justify = "right"
    for result in RESULTS:
        reasons = progress["reasons"].get(result, {})
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
            table.add_row(f"{count:,}", result, printable(reason))
    table.add_row(f"{progress['people']:,}", "in all", "")
    console.print(table)


def show_events(console: Console, events: View) -> None:
    """Who did what, oldest first."""
    columns = ("at (UTC)", "what", "by", "reason", "more")
    rows = []
    for event in events["items"]:
        more = ", ".join(f"{name} {value}" for name, value in event["detail"].items())
        words = (event["by"] or "", event["reason"] or "", more)
        kind = event["kind"].replace("_", " ")
        rows.append([at(event["at"]), kind, *(printable(word) for word in words)])
    show_rows(columns, rows)


def show_facts(console: Console, rows: Iterator[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)


def facts(view: View) -> Iterator[tuple[str, str]]:
    """What is known of it by now."""
    yield "name", printable(view["name"])
    yield "channel", f"{view['channel']}, category {printable(view['category'])}"
    yield "content", f"template {printable(view['template'])}" if view["template"] else "its own"
    yield "audience", printable(" ".join(f"{k} {v}" for k, v in view["audience"].items()))
    if view["people"] is not None:
        again = f", {view['duplicates']:,} named again" if view["duplicates"] else ""
        yield "people", f"{view['people']:,}{again}"
    yield "schedule", schedule(view)
    yield "made by", ", ".join(printable(author) for author in view["authors"])
    if view["content_hash"]:
        needed, given = view["approvals_needed"] or 1, _given(view)
        yield "approvals", f"{given} of {needed}{_until(view)}"
        yield "hash", view["content_hash"]
    for approval in view["approvals"]:
        words = f"{approval['decision']} by {printable(approval['approver'])} ({approval['via']})"
        reason = f": {printable(approval['reason'])}" if approval["reason"] else ""
        yield at(approval["at"]), words + reason
    for name in ("started_at", "ended_at", "archived_at"):
        if view[name]:
            yield name.removesuffix("_at"), at(view[name])


def schedule(view: View) -> str:
    """When it is sent, how fast, and until when."""
    parts = [at(view["send_at"]) if view["send_at"] else "as soon as it is approved"]
    if view["off_hours"]:
        parts.append("in off-hours")
    if view["per_second"]:
        parts.append(f"at most {view['per_second']:g} a second")
    if view["canary"]:
        canary = view["canary"]
        most = canary.get("most_failures_percent", 5)
        parts.append(f"{canary['percent']:g} % first, of which {most:g} % may fail")
    parts.append(f"within {view['expires_in'] / 3600:g} h")
    return ", ".join(parts)


def excerpt(item: View) -> Iterator[str]:
    """The beginning of what one person reads, or why it cannot be rendered."""
    if item["problem"]:
        yield _problem(item["problem"])
        return
    if item["subject"]:
        yield f"Subject: {printable(item['subject'])}"
    whole = item["text"] or item["html"]
    lines = whole[:EXCERPT_CHARACTERS].splitlines()
    yield from (printable(line) for line in lines[:EXCERPT_LINES])
    if len(whole) > EXCERPT_CHARACTERS or len(lines) > EXCERPT_LINES:
        yield "…"


def at(time: str | None) -> str:
    """To the second, in UTC."""
    return time[:19].replace("T", " ") if time else "-"


def _problem(problem: View) -> str:
    where = f"line {problem['line']}: " if problem.get("line") else ""
    return printable(f"{where}{problem['field']}: {problem['detail']} ({problem['code']})")


def _until(view: View) -> str:
    return f", until {at(view['lapses_at'])} UTC" if view["status"] == "pending_approval" else ""


def _given(view: View) -> int:
    return sum(approval["decision"] == "approved" for approval in view["approvals"])


def _because(reason: str) -> str:
    return f": {printable(reason)}" if reason else ""


def _count(people: int | None) -> str:
    return "-" if people is None else f"{people:,}"
