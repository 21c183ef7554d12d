"""A table of rows whose first column is what other commands want: it is always whole.

Where its words do not fit beside one another, each row is told in lines of its own.
"""

import json
from collections.abc import Sequence
from textwrap import fill
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

UNBROKEN = 1000  # columns in a pipe: a row is a line, for grep
GAP, INDENT = "  ", "    "


def show_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print it on stdout: at a terminal's width without breaking a word, a line each in a pipe.

    Where there is none, stderr says so.
    """
    if not rows:
        say_none()
        return
    console = wide(Console(highlight=False, markup=False))
    least = [_longest_word(each) for each in zip(columns, *rows, strict=True)]
    least[0] = max(cell_len(each) for each in (columns[0], *(row[0] for row in rows)))
    if sum(least) + len(GAP) * len(least) <= console.width:
        console.print(_table(columns, rows, least))
        return
    for row in rows:
        console.print(row[0], soft_wrap=True)
        console.print(_told(columns[1:], row[1:], console.width), soft_wrap=True)


def wide(console: Console) -> Console:
    """In a pipe no row is folded."""
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int]) -> Table:
    table = Table(box=None, padding=(0, len(GAP), 0, 0))
    for n, (column, width) in enumerate(zip(columns, least, strict=True)):
        table.add_column(column, no_wrap=n == 0, overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*row)
    return table


def _told(columns: Sequence[str], values: Sequence[str], width: int) -> str:
    """What a row says beside its first column, each with its column's name."""
    lines = [""]
    for column, value in zip(columns, values, strict=True):
        said = f"{GAP}{column}: {value}" if value else ""
        if lines[-1] and cell_len(INDENT + lines[-1] + said) > width:
            lines.append("")
        lines[-1] += said
    return "\n".join(_folded(line.strip(), width) for line in lines)


def _folded(line: str, width: int) -> str:
    return fill(
        line,
        width,
        initial_indent=INDENT,
        subsequent_indent=2 * INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _longest_word(texts: Sequence[str]) -> int:
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def show_json(items: Sequence[Any], following: str | None = None) -> None:
    """A list as every command prints it with --json; `following`: the cursor of what follows."""
    typer.echo(json.dumps({"items": items, "next": following}, default=str))


def say_none() -> None:
    """To a person: the list is empty."""
    typer.echo("There are none.", err=True)


def say_more(following: str) -> None:
    """To a person: the list is longer."""
    typer.echo(f"There are more: --cursor {following} goes on, --all shows all.", err=True)
