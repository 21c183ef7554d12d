"""What ends a command that calls the API early: a line on stderr, and its exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from deploy.sending.refusals import SendStopped

INTERRUPTED = 130


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn SendStopped and Ctrl-C into typer.Exit, once they are told."""
    try:
        yield
    except SendStopped as stop:
        typer.echo(f"tidings: {stop}", err=True)
        raise typer.Exit(stop.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("tidings: interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
