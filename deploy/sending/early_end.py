"""What ends a command that calls the API early: it is told on stderr, and has an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from deploy.failing import tell
from deploy.sending.refusals import SendStopped


@contextmanager
def exit_codes(*, as_json: bool) -> Iterator[None]:
    """Turn SendStopped and Ctrl-C into typer.Exit, once they are told."""
    try:
        yield
    except (SendStopped, KeyboardInterrupt) as end:
        raise typer.Exit(tell(end, as_json=as_json)) from None
