"""`tidings vendors`: an application's vendor accounts, in the database itself.

Settings hold credentials: they come from a file or the standard input, never the command line.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from activities.vendor import VENDORS
from api import vendor_settings
from deploy.commands.options import AsJson
from deploy.managing import applications
from deploy.managing import vendors as managing
from deploy.managing.actor import actor
from deploy.managing.listing import show_json
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from deploy.managing.vendor_rows import plain, show_account, show_accounts
from models.errors import Invalid
from models.repositories import vendor_account_changes as changes
from models.repositories import vendor_accounts
from models.repositories.applications import NewAccount
from models.repositories.vendor_accounts import Row
from models.seal import Keyring
from models.sessions import Session

NAME = "tidings vendors"
NONE = "none"
vendors = typer.Typer(help="Add, order, pause and test vendor accounts.", no_args_is_help=True)
Account = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
Application = Annotated[
    str | None, typer.Option(help="Whose it is; need not be said if only one has this name.")
]


@vendors.command()
def add(
    application: Annotated[str, typer.Option(help="The application that sends through it.")],
    channel: Annotated[str, typer.Option(help="The vendor's: email, sms …")],
    vendor: Annotated[str, typer.Option(help=f"Of {', '.join(VENDORS)}.")],
    name: Annotated[str, typer.Option(help="Its name, as attempts show it.")],
    config: Annotated[str, typer.Option(help="A file with its settings, JSON; - is stdin.")],
    rank: Annotated[int, typer.Option(help="1 is asked first, the next ones stand by.")] = 1,
    per_second: Annotated[float | None, typer.Option(help="Messages it may be given.")] = None,
    data: Folder = None,
) -> None:
    """Add an account, or change the one of that name. docs/vendors.md has the fields."""
    settings = managing.settings_from(config)
    account = managing.checked(NewAccount(name, channel, vendor, rank, settings, per_second))
    where = reach(data)
    keyring = Keyring(where.secret_keys)

    async def put(session: Session) -> bool:
        application_id = await applications.known(session, application)
        return await managing.put(session, application_id, account, keyring, actor())

    was_there = in_transaction(where, NAME, put)
    typer.echo(f"{name} {'has these settings now' if was_there else 'added'}: {vendor}, {channel}")


@vendors.command("list")
def list_accounts(
    application: Annotated[str | None, typer.Option(help="Of this one; else of all.")] = None,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List accounts in the order in which they are asked."""

    async def read(session: Session) -> list[Row]:
        id = await applications.known(session, application) if application else None
        return await vendor_accounts.page(session, id)

    rows = in_transaction(reach(data), NAME, read)
    if as_json:
        show_json([plain(row) for row in rows])
    else:
        show_accounts(rows)


@vendors.command()
def show(
    name: Account, application: Application = None, data: Folder = None, as_json: AsJson = False
) -> None:
    """Show one: its state, settings without secrets, and last errors."""
    where = reach(data)

    async def read(session: Session) -> Row:
        row = await managing.found(session, name, application)
        config = vendor_settings.shown(row, Keyring(where.secret_keys))
        errors = await vendor_accounts.errors(session, row["id"])
        return {**plain(row), "config": config, "errors": errors}

    row = in_transaction(where, NAME, read)
    if as_json:
        typer.echo(json.dumps(row, default=str))
    else:
        show_account(row)


@vendors.command("test")
def send_test(
    name: Account,
    to: Annotated[str, typer.Option(help="An address of its channel: yours.")],
    application: Application = None,
    category: Annotated[str | None, typer.Option(help="Else transactional.")] = None,
    data: Folder = None,
) -> None:
    """Send one real message through this account and no other.

    Prints its notification's id. The relay starts it within five seconds.
    """
    # All that accepting takes: no other command waits for it.
    from api import vendor_test_sends

    async def send(session: Session) -> str:
        row = await managing.found(session, name, application)
        start = await vendor_test_sends.sent(session, row, to, category, actor())
        return str(start.owner_id)

    typer.echo(in_transaction(reach(data), NAME, send))


@vendors.command()
def pause(name: Account, application: Application = None, data: Folder = None) -> None:
    """Stop sending through it; the next of its channel takes over."""
    _change(name, application, data, lambda s, row: changes.pause(s, row, actor()))
    typer.echo(f"{name} is paused")


@vendors.command()
def resume(name: Account, application: Application = None, data: Folder = None) -> None:
    """Send through it again. What waited for it goes within half a minute."""
    _change(name, application, data, lambda s, row: changes.resume(s, row, actor()))
    typer.echo(f"{name} is open")


@vendors.command()
def rate(
    name: Account,
    per_second: Annotated[str, typer.Argument(help=f"Messages a second, or {NONE}.")],
    reserve: Annotated[
        float, typer.Option(min=0, max=0.9, help="The share that low priority leaves to others.")
    ] = 0.2,
    application: Application = None,
    data: Folder = None,
) -> None:
    """Say how many messages a second it may be given."""
    wanted = _rate(per_second)
    _change(
        name, application, data, lambda s, row: changes.set_rate(s, row, wanted, reserve, actor())
    )
    typer.echo(f"{name}: {'no limit' if wanted is None else f'{wanted:g} a second'}")


@vendors.command()
def order(
    names: Annotated[list[str], typer.Argument(help="All of a channel, the first one first.")],
    application: Application = None,
    data: Folder = None,
) -> None:
    """Say in which order the accounts of a channel are asked."""

    async def put(session: Session) -> None:
        rows = [await managing.found(session, name, application) for name in names]
        if len({(row["application_id"], row["channel"]) for row in rows}) != 1:
            raise Invalid("want accounts of one application and one channel")
        of, ids = rows[0], [row["id"] for row in rows]
        await changes.reorder(session, of["application_id"], of["channel"], ids, actor())

    in_transaction(reach(data), NAME, put)
    typer.echo(f"asked in this order: {', '.join(names)}")


@vendors.command()
def retire(name: Account, application: Application = None, data: Folder = None) -> None:
    """Forget a paused account for good. What was sent still names it."""
    _change(name, application, data, lambda s, row: changes.retire(s, row, actor()))
    typer.echo(f"{name} is retired")


def _change(
    name: str,
    application: str | None,
    data: Folder,
    change: Callable[[Session, Row], Awaitable[None]],
) -> None:
    async def make(session: Session) -> None:
        await change(session, await managing.found(session, name, application))

    in_transaction(reach(data), NAME, make)


def _rate(said: str) -> float | None:
    if said == NONE:
        return None
    try:
        return managing.checked_rate(float(said))
    except ValueError:
        raise Invalid(f"{said!r} is no rate: want messages a second, or {NONE}") from None
