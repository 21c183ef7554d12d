"""`tidings logs`: what the parts of this machine's stack wrote, in the order of time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated

import typer

from deploy.commands.options import DATA, Data
from deploy.local.folder import existing_folder
from deploy.local.log_following import follow as followed
from deploy.local.log_lines import Line, last_lines, lines_since, log_files, moment
from deploy.sending.account import printable

USUAL = 100
INTERRUPTED = 130


def logs(
    part: Annotated[
        str | None, typer.Argument(help="api, relay, worker-urgent … Else all of them.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    since: Annotated[
        str | None, typer.Option(help="30s, 10m, 2h, 3d, or 2030-01-31T09:00:00Z.")
    ] = None,
    lines: Annotated[int, typer.Option(help="Without --since: the last so many.", min=1)] = USUAL,
    data: Data = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="An object a line.")] = False,
) -> None:
    """Read the logs of this machine's stack, whether it runs or not."""
    files = log_files(existing_folder(data).logs, part)
    width = max(map(len, files), default=0)
    begun: Iterable[Line] = (
        lines_since(files, moment(since, datetime.now(UTC))) if since else last_lines(files, lines)
    )
    going_on = followed(files) if follow else iter(())
    try:
        for line in chain(begun, going_on):
            typer.echo(line.as_json() if as_json else _plain(line, width, alone=bool(part)))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _plain(line: Line, width: int, *, alone: bool) -> str:
    text = printable(line.text.expandtabs(4))
    return text if alone else f"{line.part:{width}}  {text}"
