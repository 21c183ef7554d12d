"""`tidings groups`: named sets of profiles. GROUP is an id, or a name. docs/cli.md: exit codes."""

from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from api.sdk import Tidings
from api.sdk.groups import Groups
from api.sdk.models import GroupView
from deploy.calling.caller import Caller, calling
from deploy.calling.listing import Paging, show_list
from deploy.people.lines import opened
from deploy.people.views import show_group, show_groups, show_members, show_profiles
from deploy.sending.refusals import CannotRead, Refused

Group = Annotated[str, typer.Argument(metavar="GROUP", help="Its id, or its name.")]
People = Annotated[list[str], typer.Argument(metavar="EXTERNAL_ID…", help="Your ids for them.")]
Mode = Literal["add", "remove", "replace"]

groups = typer.Typer(help="Named sets of profiles.", no_args_is_help=True)


@groups.command("list")
@calling
def list_groups(
    caller: Caller,
    paging: Paging,
    name: Annotated[str, typer.Option(help="A part of the name.")] = "",
) -> None:
    """List them by name, and how many are in each."""
    show_list(caller, Groups.list, paging, show_groups, name=name)


@groups.command()
@calling
def show(caller: Caller, group: Group) -> None:
    """Show one, and how many are in it."""
    caller.tell(_found(caller.tidings, group), show_group)


@groups.command()
@calling
def create(
    caller: Caller,
    name: Annotated[str, typer.Argument(help="As campaigns name it.")],
    description: Annotated[str, typer.Option(help="For whoever reads the list.")] = "",
) -> None:
    """Make one, without members."""
    caller.tell(caller.tidings.groups.create(name=name, description=description), show_group)


@groups.command()
@calling
def edit(
    caller: Caller,
    group: Group,
    name: Annotated[str | None, typer.Option(help="A new one.")] = None,
    description: Annotated[str | None, typer.Option(help="A new one.")] = None,
) -> None:
    """Rename or describe it."""
    said = {"name": name, "description": description}
    body: dict[str, Any] = {field: value for field, value in said.items() if value is not None}
    if not body:
        raise CannotRead("nothing to change: `tidings groups edit --help`")
    view = _found(caller.tidings, group)
    answer = caller.tidings.groups.edit(view["id"], revision=view["revision"], **body)
    caller.tell(answer, show_group)


@groups.command()
@calling
def delete(
    caller: Caller, group: Group, yes: Annotated[bool, typer.Option("--yes")] = False
) -> None:
    """Delete it, not its members."""
    view = _found(caller.tidings, group)
    question = f"Delete {view['name']}, of {view['members']:,} members?"
    if not yes and not typer.confirm(question, err=True):
        raise Refused("nothing was deleted")
    caller.tidings.groups.delete(view["id"])
    caller.tell({"id": view["id"], "deleted": True}, lambda c, _: c.print(f"{view['id']}  deleted"))


@groups.command()
@calling
def members(caller: Caller, group: Group, paging: Paging) -> None:
    """List its members, the oldest first."""
    view = _found(caller.tidings, group)
    show_list(caller, Groups.members, paging, show_profiles, view["id"])


@groups.command()
@calling
def add(caller: Caller, group: Group, people: People) -> None:
    """Add members. Exit code 1 if one is unknown; the others are in."""
    _change(caller, group, add=people)


@groups.command()
@calling
def remove(caller: Caller, group: Group, people: People) -> None:
    """Remove members. Exit code 1 if one is unknown; the others are out."""
    _change(caller, group, remove=people)


@groups.command()
@calling
def upload(
    caller: Caller,
    group: Group,
    file: Annotated[Path, typer.Argument(help="NDJSON; - is the standard input.")],
    mode: Annotated[Mode, typer.Option(help="What the lines mean.")] = "add",
) -> None:
    """Add, remove or replace up to 100,000 members by a file.

    A line is {"external_id": "4711"}.

    Exit code 1 if a line was refused; the others count.
    """
    view = _found(caller.tidings, group)
    with opened(file) as lines:
        content = b"\n".join(lines) + b"\n"  # whole: a replacement is one
    answer = caller.tidings.groups.bulk(view["id"], content, mode=mode)
    caller.tell(answer, show_members)
    if answer["refused"]:
        raise typer.Exit(1)


def _change(caller: Caller, group: str, **body: Any) -> None:
    view = _found(caller.tidings, group)
    answer = caller.tidings.groups.change_members(view["id"], **body)
    caller.tell(answer, show_members)
    if answer["unknown"]:
        raise typer.Exit(1)


def _found(tidings: Tidings, group: str) -> GroupView:
    try:
        return tidings.groups.get(UUID(group))
    except ValueError:
        named = tidings.groups.list(name=group, limit=100)
    for view in named:
        if view["name"] == group:
            return view
    raise Refused(f"there is no group named {group!r} (not_found)")
