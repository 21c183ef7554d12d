"""`tidings profiles`: people who receive. ID is ours, or `ext:` and yours: ext:4711.

docs/cli.md has the exit codes.
"""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from api.sdk.profiles import Profiles
from deploy.calling.caller import Caller, calling
from deploy.calling.listing import Paging, show_list
from deploy.campaigning.drafting import variables
from deploy.people.lines import opened
from deploy.people.views import show_bulk, show_deleted, show_profile, show_profiles
from deploy.sending.refusals import CannotRead, Refused
from models.messages import Channel

ID = Annotated[str, typer.Argument(metavar="ID", help="Ours, or yours: ext:4711.")]
Name = Annotated[str | None, typer.Option(help="The person's name.")]
Locale = Annotated[str | None, typer.Option(help="Their language: de, pt-BR.")]
TimeZone = Annotated[str | None, typer.Option(help="Europe/Berlin.")]
Metadata = Annotated[list[str] | None, typer.Option(help="A note: team=engines. Repeat it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

profiles = typer.Typer(help="People who receive, and their contacts.", no_args_is_help=True)


@profiles.command("list")
@calling
def list_profiles(
    caller: Caller,
    paging: Paging,
    name: Annotated[str | None, typer.Option(help="A part of it.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Its beginning.")] = None,
    address: Annotated[str | None, typer.Option(help="Whose is it?")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Of the address.")] = None,
    group: Annotated[UUID | None, typer.Option(help="Members of it, by its id.")] = None,
) -> None:
    """List them, the newest first."""
    show_list(
        caller,
        Profiles.list,
        paging,
        show_profiles,
        name=name,
        external_id=external_id,
        address=address,
        channel=channel.value if channel else None,
        group_id=group,
    )


@profiles.command()
@calling
def show(caller: Caller, profile: ID) -> None:
    """Show one, with its contacts and groups."""
    caller.tell(caller.tidings.profiles.get(profile), show_profile)


@profiles.command()
@calling
def create(
    caller: Caller,
    external_id: Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="Your id for them.")],
    name: Name = None,
    locale: Locale = None,
    time_zone: TimeZone = None,
    email: Annotated[list[str] | None, typer.Option(help="A contact. Repeat it.")] = None,
    sms: Annotated[list[str] | None, typer.Option(help="A contact. Repeat it.")] = None,
    telegram: Annotated[list[str] | None, typer.Option(help="A contact. Repeat it.")] = None,
    metadata: Metadata = None,
) -> None:
    """Make one."""
    addresses = {"email": email, "sms": sms, "telegram": telegram}
    contacts = [
        {"channel": c, "address": each} for c, some in addresses.items() for each in some or ()
    ]
    body = _said(name, locale, time_zone, metadata) | ({"contacts": contacts} if contacts else {})
    caller.tell(caller.tidings.profiles.create(external_id=external_id, **body), show_profile)


@profiles.command()
@calling
def edit(
    caller: Caller,
    profile: ID,
    external_id: Annotated[str | None, typer.Option(help="Another id of yours.")] = None,
    name: Name = None,
    locale: Locale = None,
    time_zone: TimeZone = None,
    metadata: Metadata = None,
) -> None:
    """Change what is given; the rest stays. --metadata replaces all of it."""
    body = _said(name, locale, time_zone, metadata)
    if external_id:
        body["external_id"] = external_id
    if not body:
        raise CannotRead("nothing to change: `tidings profiles edit --help`")
    revision = caller.tidings.profiles.get(profile)["revision"]
    caller.tell(caller.tidings.profiles.edit(profile, revision=revision, **body), show_profile)


@profiles.command()
@calling
def delete(caller: Caller, profile: ID, yes: Yes = False) -> None:
    """Delete it with its contacts, and stop what is on its way."""
    view = caller.tidings.profiles.get(profile)
    if not yes and not typer.confirm(f"Delete {view['external_id']}?", err=True):
        raise Refused("nothing was deleted")
    caller.tell(caller.tidings.profiles.delete(view["id"]), show_deleted)


@profiles.command()
@calling
def merge(
    caller: Caller,
    profile: ID,
    into: Annotated[str, typer.Argument(metavar="INTO", help="Which stays: ours, or ext:4711.")],
) -> None:
    """Make it one with another, where contacts and history move."""
    caller.tell(caller.tidings.profiles.merge(profile, into=into), show_profile)


@profiles.command("add-contact")
@calling
def add_contact(
    caller: Caller,
    profile: ID,
    channel: Annotated[Channel, typer.Argument(help="email, sms …")],
    address: Annotated[str, typer.Argument(help="The address.")],
    rank: Annotated[int | None, typer.Option(help="The lowest of a channel is told.")] = None,
) -> None:
    """Add an address."""
    answer = caller.tidings.profiles.add_contact(
        profile, channel=channel.value, address=address, rank=rank
    )
    caller.tell(answer, show_profile)


@profiles.command("remove-contact")
@calling
def remove_contact(
    caller: Caller,
    profile: ID,
    contact: Annotated[UUID, typer.Argument(help="The id that `show` shows.")],
) -> None:
    """Remove an address."""
    caller.tell(caller.tidings.profiles.remove_contact(profile, contact), show_profile)


@profiles.command()
@calling
def upload(
    caller: Caller,
    file: Annotated[Path, typer.Argument(help="NDJSON; - is the standard input.")],
) -> None:
    """Make or change many: NDJSON, by their `external_id`.

    Exit code 1 if a line was refused; the others are in. The same again changes nothing.
    """
    with opened(file) as lines:
        view = caller.tidings.profiles.upsert_lines(lines)
    caller.tell(view, show_bulk)
    if view["refused"]:
        raise typer.Exit(1)


def _said(
    name: str | None, locale: str | None, time_zone: str | None, metadata: list[str] | None
) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name, "locale": locale, "time_zone": time_zone}
    if metadata:
        said["metadata"] = variables(metadata)
    return {field: value for field, value in said.items() if value is not None}
