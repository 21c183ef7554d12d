"""`tidings doctor`: names each part that is down, and what to do. It works when all of them are."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.options import AsJson
from deploy.examining.examine import examine
from deploy.examining.finding import Finding
from deploy.managing.listing import show_rows

Folder = Annotated[
    Path | None,
    typer.Option("--data", "--stack", help="The stack's folder; else TIDINGS_*, else .tidings."),
]


def doctor(data: Folder = None, as_json: AsJson = False) -> None:
    """Ask every part how it is, and say what to do. Exit code 1 if one is not well."""
    found = examine(data)
    ill = [finding for finding in found if finding.state != "well"]
    if as_json:
        typer.echo(json.dumps({"well": not ill, "findings": [asdict(each) for each in found]}))
    else:
        _show(found, ill)
    raise typer.Exit(1 if ill else 0)


def _show(found: list[Finding], ill: list[Finding]) -> None:
    show_rows(("part", "state", "found"), [[f.part, f.state, f.detail] for f in found])
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print("\nEverything is well." if not ill else "\nWhat to do:")
    advice: dict[str, list[str]] = {}
    for finding in ill:
        if finding.advice:
            advice.setdefault(finding.advice, []).append(finding.part)
    for words, parts in advice.items():
        console.print(f"  {', '.join(parts)}: {words}")
