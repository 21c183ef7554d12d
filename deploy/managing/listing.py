"""A table of rows whose first column is what other commands want: it is always whole."""

import json
from collections.abc import Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

UNBROKEN = 1000  # columns in a pipe: a row is a line, for grep


def show_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print it on stdout: folded to a terminal's width, a line each in a pipe."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    first, *others = columns
    longest = max((len(row[0]) for row in rows), default=0)
    table.add_column(first, no_wrap=True, min_width=longest)
    for column in others:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = UNBROKEN
    console.print(table)


def show_json(items: Sequence[Any], following: str | None = None) -> None:
    """A list as every command prints it with --json; `following`: the cursor of what follows."""
    typer.echo(json.dumps({"items": items, "next": following}, default=str))


def say_more(following: str) -> None:
    """To a person: the list is longer."""
    typer.echo(f"There are more: --cursor {following} goes on, --all shows all.", err=True)
