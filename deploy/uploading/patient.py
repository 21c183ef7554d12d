"""The API as `tidings audiences` calls it, with patience: what got no answer is asked again."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from api.sdk import Patience, Tidings
from deploy.calling.stopping import stopping
from deploy.sending.refusals import Refused, SendStopped
from deploy.sending.target import Target


class UploadRefused(SendStopped):
    """The API does not take this file."""

    code = "refused"


@contextmanager
def patient(target: Target, retry_for_seconds: float) -> Iterator[Tidings]:
    """Calls; a person is told on stderr why it takes longer."""

    def told(trouble: str) -> None:
        say(f"the API at {target.url} {trouble}; asking again for {retry_for_seconds:.0f} s")

    patience = Patience(seconds=retry_for_seconds, told=told)
    tidings = Tidings(target.url, target.key, patience=patience, agent="tidings-audiences")
    try:
        with stopping(target.url), tidings:
            yield tidings
    except Refused as refused:
        raise UploadRefused(str(refused), refused.facts) from None


def say(text: str) -> None:
    """A line for a person, on stderr."""
    typer.echo(f"tidings: {text}", err=True)
