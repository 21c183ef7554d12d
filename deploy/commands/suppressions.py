"""`tidings suppressions`: addresses to which nothing is sent. docs/cli.md has the exit codes."""

from typing import Annotated, Literal
from uuid import UUID

import typer

from api.sdk.suppressions import Suppressions
from deploy.calling.caller import Caller, calling
from deploy.calling.listing import Paging, show_list
from deploy.people.views import show_suppression, show_suppressions
from models.messages import Channel

ID = Annotated[UUID, typer.Argument(metavar="ID", help="The id that `list` shows.")]
Reason = Literal["requested", "complained", "bounced", "legal", "manual"]

suppressions = typer.Typer(help="Addresses to which nothing is sent.", no_args_is_help=True)


@suppressions.command("list")
@calling
def list_suppressions(
    caller: Caller,
    paging: Paging,
    channel: Annotated[Channel | None, typer.Option(help="email, sms …")] = None,
    address: Annotated[str | None, typer.Option(help="Is it suppressed?")] = None,
    reason: Annotated[str | None, typer.Option(help="bounced, requested …")] = None,
) -> None:
    """List them, the newest first."""
    show_list(
        caller,
        Suppressions.list,
        paging,
        show_suppressions,
        channel=channel.value if channel else None,
        address=address,
        reason=reason,
    )


@suppressions.command()
@calling
def show(caller: Caller, suppression: ID) -> None:
    """Show one: why, since when, and by whom."""
    caller.tell(caller.tidings.suppressions.get(suppression), show_suppression)


@suppressions.command()
@calling
def add(
    caller: Caller,
    channel: Annotated[Channel, typer.Argument(help="email, sms …")],
    address: Annotated[str, typer.Argument(help="Which.")],
    reason: Annotated[Reason, typer.Option(help="Why.")] = "manual",
    note: Annotated[str, typer.Option(help="For whoever reads the list.")] = "",
) -> None:
    """Send nothing to this address any more."""
    answer = caller.tidings.suppressions.create(
        channel=channel.value, address=address, reason=reason, note=note
    )
    caller.tell(answer, show_suppression)


@suppressions.command()
@calling
def lift(caller: Caller, suppression: ID) -> None:
    """Lift it: what is decided from now on may be sent there."""
    caller.tell(caller.tidings.suppressions.lift(suppression), show_suppression)
