"""`tidings status`: every part of a stack, asked now. Exit code 1 if one is not well."""

import asyncio
import json
from dataclasses import asdict
from datetime import timedelta

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands.options import DATA, AsJson, Data
from deploy.local.folder import existing_folder
from deploy.local.lock import holder
from deploy.local.part_health import PartHealth, part_healths
from deploy.local.state import read_state
from deploy.managing.listing import wide


def status(data: Data = DATA, as_json: AsJson = False) -> None:
    """Show what runs and how it is."""
    folder = existing_folder(data)
    running = holder(folder)
    state = read_state(folder.state)
    parts = asyncio.run(part_healths(state)) if state else []
    phase = state.phase if running and state and state.pid == running.pid else "stopped"
    well = phase == "ready" and all(part.health == "well" for part in parts)
    error, tail = (state.error, state.tail) if state else ("", [])
    if as_json:
        facts = {"stack": phase, "well": well, "error": error, "tail": tail}
        typer.echo(json.dumps({**facts, "parts": [asdict(part) for part in parts]}))
    else:
        _show(phase, parts)
        _explain(error, tail)
    raise typer.Exit(0 if well else 1)


def _show(phase: str, parts: list[PartHealth]) -> None:
    columns = ("part", "pid", "up for", "restarts", "health", "metrics at")
    table = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for part in parts:
        table.add_row(
            part.name,
            str(part.pid or "-"),
            str(timedelta(seconds=part.uptime_seconds)) if part.pid else "-",
            str(part.restarts),
            f"[{'green' if part.health == 'well' else 'red'}]{part.health}[/]",
            part.metrics.removeprefix("http://").removesuffix("/metrics"),
        )
    console = wide(Console(highlight=False))
    console.print(f"The stack is {phase}.")
    if parts:
        console.print(table)


def _explain(error: str, tail: list[str]) -> None:
    """Why it was given up: the words of the part's own log, as they are."""
    if error:
        typer.echo(f"\nIt was given up: {error}")
        for line in tail:
            typer.echo(f"  {line}")
