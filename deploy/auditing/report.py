"""An audit's result for people and for programs. Ids only: addresses stay where they are."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.auditing.audit import Report


def as_object(report: Report) -> dict[str, Any]:
    """The whole report, as `--json` prints it."""
    return {
        "agrees": report.agrees,
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


def show(console: Console, report: Report) -> None:
    """Three tables: what was read, the books, and what must hold; then the verdict."""
    counts = report.counts
    read = _table("ledger", "holds")
    read.add_row("client's journals", f"{counts['accepted']:,} accepted")
    read.add_row(
        "PostgreSQL",
        f"{counts['notifications']:,} notifications ({counts['still_open']:,} still open),"
        f" {counts['messages']:,} messages, {counts['attempts']:,} attempts",
    )
    read.add_row("vendors' journals", f"{counts['effects']:,} effects")
    books = _table("messages", "result", "reason")
    for result, reason, messages in report.books:
        books.add_row(f"{messages:,}", result, reason)
    books.add_row(f"{counts['messages']:,}", "in all", "")
    checks = _table("what must hold", "looked at", "differ")
    for found in report.findings:
        colour = "red" if found.differences else "green"
        differ = f"[{colour}]{found.differences:,}[/]"
        checks.add_row(found.check.holds, f"{found.looked_at:,} {found.check.of}", differ)
    for table in (read, books, checks):
        console.print(table)
        console.print()
    for line in _verdict(report):
        console.print(line, markup=False, soft_wrap=True)


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
