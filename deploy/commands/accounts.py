"""`tidings accounts`: an application's vendor accounts, until they have an API.

Settings hold credentials: they come from a file or the standard input, never the command line.
"""

import json
from typing import Annotated, Any

import typer

from activities.vendor import VENDORS
from deploy.commands.options import AsJson
from deploy.managing import accounts as managing
from deploy.managing import applications
from deploy.managing.listing import show_rows
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from models.messages import Channel
from models.repositories.applications import NewAccount
from models.seal import Keyring
from models.sessions import Session

NAME = "tidings accounts"
accounts = typer.Typer(help="Add and list vendor accounts.", no_args_is_help=True)


@accounts.command()
def add(
    application: Annotated[str, typer.Option(help="The application that sends through it.")],
    channel: Annotated[str, typer.Option(help=f"Of {', '.join(Channel)}: the vendor's.")],
    vendor: Annotated[str, typer.Option(help=f"Of {', '.join(VENDORS)}.")],
    name: Annotated[str, typer.Option(help="Its name, as attempts show it.")],
    config: Annotated[str, typer.Option(help="A file with its settings, JSON; - is stdin.")],
    rank: Annotated[int, typer.Option(help="1 is asked first, the next ones stand by.")] = 1,
    per_second: Annotated[float | None, typer.Option(help="Messages it may be given.")] = None,
    data: Folder = None,
) -> None:
    """Add an account, or give the one of that name new settings; docs/vendors.md has the fields."""
    settings = managing.settings_from(config)
    account = managing.checked(NewAccount(name, channel, vendor, rank, settings, per_second))
    where = reach(data)
    keyring = Keyring(where.secret_keys)

    async def put(session: Session) -> bool:
        application_id = await applications.known(session, application)
        return await managing.put(session, application_id, account, keyring)

    was_there = in_transaction(where, NAME, put)
    typer.echo(f"{name} {'has these settings now' if was_there else 'added'}: {vendor}, {channel}")


@accounts.command("list")
def list_accounts(data: Folder = None, as_json: AsJson = False) -> None:
    """List all accounts, without their settings."""
    rows = in_transaction(reach(data), NAME, managing.every)
    if as_json:
        typer.echo(json.dumps(rows, default=str))
        return
    columns = ("name", "application", "channel", "vendor", "rank", "per second", "state")
    show_rows(columns, [_words(row) for row in rows])


def _words(row: dict[str, Any]) -> list[str]:
    words = [str(row[c]) for c in ("name", "application", "channel", "vendor", "rank")]
    rate = "" if row["per_second"] is None else f"{row['per_second']:g}"
    return [*words, rate, _state(row)]


def _state(row: dict[str, Any]) -> str:
    if row["paused_at"]:
        return "paused"
    until = row["closed_until"]
    return f"rests until {until:%H:%M:%S} UTC ({row['closed_reason']})" if until else "live"
