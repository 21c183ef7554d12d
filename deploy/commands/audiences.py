"""`tidings audiences`: upload a file of people, and see what was refused.

What was stored goes to stdout, everything about the way there to stderr.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from api.sdk import Tidings
from deploy.commands.options import DATA, AsJson
from deploy.managing.listing import say_none
from deploy.sending.early_end import exit_codes
from deploy.sending.refusals import CannotRead
from deploy.sending.source import Format
from deploy.sending.target import target
from deploy.uploading import telling
from deploy.uploading.patient import patient, say
from deploy.uploading.upload import Upload, format_of, opened
from models.messages import Channel

audiences = typer.Typer(help="Upload audiences, see what was refused.", no_args_is_help=True)

Id = Annotated[UUID, typer.Argument(help="The audience's id.")]
RetryFor = Annotated[float, typer.Option(help="Seconds to ask a silent API again.")]
Url = Annotated[
    str | None, typer.Option(envvar="TIDINGS_URL", help="The API; else this machine's stack.")
]
Key = Annotated[str | None, typer.Option(envvar="TIDINGS_KEY", help="Its API key.")]
Stack = Annotated[Path, typer.Option(help="The data folder of this machine's stack.")]


@audiences.command()
def upload(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON: to, id, name, locale, data.* …")],
    channel: Annotated[Channel | None, typer.Option(help="Of its addresses.")] = None,
    format: Annotated[Format | None, typer.Option(help="Else by name or first byte.")] = None,
    name: Annotated[str, typer.Option(help="To know it again; else the file's.")] = "",
    go_on: Annotated[
        UUID | None, typer.Option("--continue", help="The audience whose upload was cut off.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
    as_json: AsJson = False,
    retry_for: RetryFor = 60,
    url: Url = None,
    key: Key = None,
    stack: Stack = DATA,
) -> None:
    """Upload a file as an audience, for any number of campaigns.

    Exit codes: 0 all is in it, 1 some rows were refused, 2 the command or the file makes no sense,
    3 the API does not answer. The same with --continue ID goes on where it stopped.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with _patient(retry_for, url, key, stack, as_json=as_json) as tidings:
        source, size = opened(file)
        with source:
            if go_on:
                view = tidings.audiences.get(go_on)
            elif channel is None:
                raise CannotRead(
                    "--channel email, sms, telegram or webhook: whose addresses are these?"
                )
            else:
                view = tidings.audiences.create(
                    channel=channel.value,
                    format=format or format_of(file, source),
                    name=name or file.name[:200],
                )
            work = Upload(tidings, source, view)
            with _told_how_to_go_on(work), telling.bar(console, work, size, quiet=quiet) as told:
                work.run(told)
    if as_json:
        typer.echo(json.dumps(telling.facts(work)))
    else:
        typer.echo(f"{telling.sentence(work.view)}; {work.per_second:,.0f} rows/s")
    raise typer.Exit(1 if work.view["refused"] else 0)


@audiences.command()
def show(
    id: Id,
    as_json: AsJson = False,
    retry_for: RetryFor = 60,
    url: Url = None,
    key: Key = None,
    stack: Stack = DATA,
) -> None:
    """Show how far an upload is, and what was refused by reason."""
    with _patient(retry_for, url, key, stack, as_json=as_json) as tidings:
        view = tidings.audiences.get(id)
    typer.echo(json.dumps(view) if as_json else telling.sentence(view))


@audiences.command()
def refusals(
    id: Id,
    as_json: AsJson = False,
    retry_for: RetryFor = 60,
    url: Url = None,
    key: Key = None,
    stack: Stack = DATA,
) -> None:
    """List what was refused, by line: the first 10,000 are kept."""
    with _patient(retry_for, url, key, stack, as_json=as_json) as tidings:
        found = list(tidings.audiences.refusals(id, limit=1000))
    if as_json:
        typer.echo(json.dumps({"refusals": found}))
        return
    if not found:
        say_none()
    for refusal in found:
        typer.echo(telling.refusal_line(refusal))


@contextmanager
def _patient(
    retry_for: float, url: str | None, key: str | None, stack: Path, *, as_json: bool
) -> Iterator[Tidings]:
    """Calls to the API; what ends them early is told on stderr, and has an exit code."""
    with exit_codes(as_json=as_json), patient(target(url, key, stack), retry_for) as tidings:
        yield tidings


@contextmanager
def _told_how_to_go_on(work: Upload) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if work.view["state"] == "receiving":
            say(f"to go on with what is stored: --continue {work.view['id']}")
        raise
