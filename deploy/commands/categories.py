"""`tidings categories`: what kinds of notifications there are, and what follows from each.

Exit codes: 0 done, 1 the API does not do that, 2 the command makes no sense or the key is refused,
3 the API does not answer.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from typer import Option

from api.sdk.categories import Categories
from deploy.authoring.views import show_categories, show_category
from deploy.calling.caller import Caller, calling
from deploy.calling.listing import Paging, show_list
from deploy.sending.refusals import CannotRead, Refused

Name = Annotated[str, typer.Argument(metavar="NAME", help="The category's name.")]

categories = typer.Typer(help="Categories: priority, channels, expiry.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The options as they came; None where nothing was said."""

    priority: Annotated[str | None, Option(help="high, medium or low.")] = None
    priority_fixed: Annotated[
        bool | None, Option("--fixed/--not-fixed", help="May no caller choose another?")
    ] = None
    channels: Annotated[str | None, Option(help="In order: sms,email.")] = None
    channel_mode: Annotated[str | None, Option(help="all of them, or the first that works.")] = None
    mandatory: Annotated[
        bool | None, Option("--mandatory/--optional", help="Can nobody unsubscribe from it?")
    ] = None
    expires_after: Annotated[int | None, Option(help="Seconds from when it is due.")] = None
    on_unknown: Annotated[
        str | None, Option(help="Of a message that a vendor may have or not: resend or hold.")
    ] = None

    def body(self) -> dict[str, Any]:
        """What was said."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        if "channels" in found:
            found["channels"] = [channel.strip() for channel in found["channels"].split(",")]
        return found


@categories.command("list")
@calling
def list_categories(caller: Caller, paging: Paging) -> None:
    """List them, by name."""
    show_list(caller, Categories.list, paging, show_categories)


@categories.command()
@calling
def show(caller: Caller, name: Name) -> None:
    """Show one."""
    caller.tell(caller.tidings.categories.get(name), show_category)


@categories.command()
@calling
def create(caller: Caller, name: Name, fields: Fields) -> None:
    """Make one. It needs at least --priority, --channels and --expires-after."""
    caller.tell(caller.tidings.categories.create(**{"name": name, **fields.body()}), show_category)


@categories.command()
@calling
def edit(caller: Caller, name: Name, fields: Fields) -> None:
    """Change what is given, for what is accepted from now on."""
    body = fields.body()
    if not body:
        raise CannotRead("nothing to change: `tidings categories edit --help`")
    caller.tell(caller.tidings.categories.edit(name, **body), show_category)


@categories.command()
@calling
def delete(
    caller: Caller, name: Name, yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete it. What templates, open notifications or campaigns use is not deleted."""
    if not yes and not typer.confirm(f"Delete {name}?", err=True):
        raise Refused("nothing was deleted")
    caller.tidings.categories.delete(name)
    caller.tell({"deleted": name}, lambda console, _: console.print(f"{name}  deleted"))
