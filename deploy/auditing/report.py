"""An audit's result for people and for programs. Ids only: addresses stay where they are."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.auditing.audit import Report
from deploy.sending.account import printable

COLUMNS = ("sent", "refused", "suppressed", "expired", "cancelled", "unknown", "pending")


def as_object(report: Report) -> dict[str, Any]:
    """The whole report, as `--json` prints it."""
    campaign = {"campaign": {**report.campaign, "books": sums(report)}} if report.campaign else {}
    return {
        "agrees": report.agrees,
        **campaign,
        "counts": report.counts,
        "books": [
            {"result": result, "reason": reason, "messages": messages}
            for result, reason, messages in report.books
        ],
        "checks": [
            {
                "name": found.check.name,
                "holds": found.check.holds,
                "looked_at": found.looked_at,
                "differences": found.differences,
                "ids": found.ids,
            }
            for found in report.findings
        ],
    }


def sums(report: Report) -> dict[str, int]:
    """The columns of the books; together they are the audience."""
    counted: Counter[str] = Counter()
    for result, _, messages in report.books:
        counted[result] += messages
    return {column: counted[column] for column in COLUMNS}


def show(console: Console, report: Report) -> None:
    """What was read, the books, and what must hold of what there is; then the verdict."""
    books = _table("messages", "result", "reason")
    for result, reason, messages in report.books:
        books.add_row(f"{messages:,}", result, reason)
    books.add_row(f"{report.counts['messages']:,}", "in all", "")
    checks = _table("what must hold", "looked at", "differ")
    for found in report.findings:
        colour = "red" if found.differences else "green"
        differ = f"[{colour}]{found.differences:,}[/]"
        if found.looked_at or found.differences:
            checks.add_row(found.check.holds, f"{found.looked_at:,} {found.check.of}", differ)
    for line in _campaign(report):
        console.print(line, markup=False, soft_wrap=True)
    for table in (_read(report), books, checks):
        console.print(table)
        console.print()
    for line in _verdict(report):
        console.print(line, markup=False, soft_wrap=True)


def _campaign(report: Report) -> Iterator[str]:
    """The one it is about: its people are the sum of the books."""
    if report.campaign:
        yield printable(f"{report.campaign['name']}, {report.campaign['status']}")
        columns = " + ".join(f"{count:,} {column}" for column, count in sums(report).items())
        yield f"{report.campaign['people']:,} people = {columns}\n"


def _read(report: Report) -> Table:
    counts = {name: f"{count:,}" for name, count in report.counts.items()}
    read = _table("ledger", "holds")
    messages = f"{counts['messages']} messages, {counts['attempts']} attempts"
    windows = f"{counts['windows']} windows"
    if report.campaign:
        read.add_row("PostgreSQL", f"{messages}, {windows}, {counts['events']} events")
    else:
        still = f"({counts['still_open']} still open)"
        bulk = f"{counts['campaigns']} campaigns ({windows})"
        read.add_row("client's journals", f"{counts['accepted']} accepted")
        read.add_row(
            "PostgreSQL", f"{counts['notifications']} notifications {still}, {bulk}, {messages}"
        )
    read.add_row("vendors' journals", f"{counts['effects']} effects")
    if report.counts["accepted_elsewhere"]:
        words = "accepted by vendors that are not the sandbox's: not compared"
        read.add_row("elsewhere", f"{counts['accepted_elsewhere']} {words}")
    return read


def _verdict(report: Report) -> Iterator[str]:
    if report.agrees:
        repeated = report.counts["more_than_once"]
        if repeated:
            yield f"{repeated:,} arrived more than once, each after an unknown: explained."
        yield "the books agree"
        return
    for found in report.findings:
        if found.differences:
            yield f"{found.check.name}: not so that {found.check.holds}: {found.differences:,}"
            yield from (f"  {id}" for id in found.ids)
            if found.differences > len(found.ids):
                yield f"  … and {found.differences - len(found.ids):,} more (--json lists all)"
    yield "the books differ"


def _table(*columns: str) -> Table:
    table = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for column in table.columns:
        if column.header in ("messages", "looked at", "differ"):
            column.justify = "right"
    return table
