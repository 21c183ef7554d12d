"""`tidings up`: the whole platform on this machine, in the foreground or detached.

Progress goes to stderr and facts to stdout, so `--json` can be piped.
"""

import asyncio
import contextlib
import json
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.options import DATA, AsJson, Data
from deploy.local import first_admin
from deploy.local.detached import start_detached
from deploy.local.folder import DataFolder, open_folder
from deploy.local.lock import hold
from deploy.local.preparation import clear_the_way, prepare, reset
from deploy.local.refusal import CannotRun, PartFailed
from deploy.local.runner import run_stack
from deploy.local.settings_check import check_settings, warn_of_unknown_settings
from deploy.local.state import StackState
from deploy.local.summary import show, summary

PortBase = Annotated[int, typer.Option(help="The first of twelve ports, and the API's own.")]
Reset = Annotated[bool, typer.Option("--reset", help="Delete the data of last time first.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")]
Detach = Annotated[bool, typer.Option("--detach", help="Return when all is ready.")]
Quiet = Annotated[bool, typer.Option("--quiet", hidden=True, help="Who started it shows it.")]

progress = Console(stderr=True, highlight=False)


def up(
    data: Data = DATA,
    port_base: PortBase = 8400,
    start_anew: Reset = False,
    yes: Yes = False,
    detach: Detach = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run the whole platform on this machine; Ctrl-C stops it, the next `up` resumes."""
    check_settings()
    warn_of_unknown_settings()
    folder = open_folder(data)
    try:
        with hold(folder, port_base):
            if start_anew:
                _reset(folder, yes)
            ports = clear_the_way(folder, port_base, _say)
            _say(f"preparing {folder.path}")
            if not detach:
                steps = prepare(folder, ports).steps()
                show = _nothing if quiet else lambda s: _show(folder, s, as_json)
                run = run_stack(folder, port_base, steps, _say, show)
                asyncio.run(run)
        if detach:
            _show(folder, start_detached(folder, port_base, _say), as_json)
    except PartFailed as failed:
        for line in failed.tail:
            _say(f"  {line}")
        raise


def _reset(folder: DataFolder, yes: bool) -> None:
    if not yes and not typer.confirm(f"Delete all data in {folder.path}?", err=True):
        raise CannotRun("nothing was deleted, nothing was started")
    reset(folder, _say)


def _show(folder: DataFolder, state: StackState, as_json: bool) -> None:
    facts = summary(folder, state, first_admin.take(folder))
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        show(Console(highlight=False), facts)


def _nothing(state: StackState) -> None:
    """Somebody else shows it."""


def _say(line: str) -> None:
    # Whoever watched may be gone; the stack stays.
    with contextlib.suppress(OSError):
        progress.print(line, markup=False, soft_wrap=True)
