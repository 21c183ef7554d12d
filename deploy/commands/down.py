"""`tidings down`: stop the stack of a data folder and wait until it is gone."""

import os
import signal
import time

import typer

from deploy.commands.options import DATA, Data
from deploy.local.folder import existing_folder
from deploy.local.lock import holder
from deploy.local.processes import birth, is_alive
from deploy.local.refusal import CannotRun
from deploy.local.state import read_state, stop_leftovers

WITHIN_SECONDS = 25  # the stack gives itself fifteen


def down(data: Data = DATA) -> None:
    """Stop a running stack; its data stays."""
    folder = existing_folder(data)
    running = holder(folder)
    if running is None:
        state = read_state(folder.state)
        left = stop_leftovers(state) if state else []
        typer.echo(f"stopped what was left: {', '.join(left)}" if left else "nothing was running")
        return
    born = birth(running.pid)
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + WITHIN_SECONDS
    while is_alive(running.pid, born):
        if time.monotonic() > deadline:
            raise CannotRun(f"the stack (pid {running.pid}) is still stopping: look into its logs")
        time.sleep(0.1)
    typer.echo("stopped")
