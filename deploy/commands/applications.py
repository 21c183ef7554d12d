"""`tidings applications`: who sends through the platform, in the database itself."""

import json
from datetime import datetime, time
from typing import Annotated, Any

import typer

from deploy.commands.options import AsJson
from deploy.managing import applications as managing
from deploy.managing.actor import actor
from deploy.managing.listing import show_json, show_rows
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from models.errors import Invalid
from models.repositories import application_directory
from models.repositories.application_directory import Row
from models.sessions import Session

NAME = "tidings applications"
NONE = "none"
COLUMNS = ("name", "id", "time zone", "off-hours", "requests a second", "made (UTC)")
applications = typer.Typer(help="Make and change applications.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The application's name.")]
Zone = Annotated[str | None, typer.Option(help="Of the IANA database: Europe/Berlin.")]
Window = Annotated[str | None, typer.Option(metavar="HH:MM-HH:MM", help="20:00-06:00, as it is.")]
Limit = Annotated[
    str | None, typer.Option(help=f"Of each of its keys to each API process, or {NONE}.")
]


@applications.command("list")
def list_applications(data: Folder = None, as_json: AsJson = False) -> None:
    """List them, by name."""
    rows = in_transaction(reach(data), NAME, application_directory.page)
    if as_json:
        show_json(rows)
    else:
        show_rows(COLUMNS, [_words(row) for row in rows])


@applications.command()
def create(
    name: Name,
    time_zone: Zone = None,
    off_hours: Window = None,
    requests_per_second: Limit = None,
    data: Folder = None,
) -> None:
    """Make one with the usual categories. `tidings keys create` makes its first key."""
    values = _columns(time_zone, off_hours, requests_per_second)

    async def make(session: Session) -> str:
        managing.check_name(name)
        return str(await application_directory.create(session, name, values, actor()))

    typer.echo(in_transaction(reach(data), NAME, make))


@applications.command()
def show(name: Name, data: Folder = None, as_json: AsJson = False) -> None:
    """Show one."""

    async def read(session: Session) -> Row:
        return await application_directory.get(session, await managing.known(session, name))

    row = in_transaction(reach(data), NAME, read)
    if as_json:
        typer.echo(json.dumps(row, default=str))
    else:
        show_rows(("", ""), [list(pair) for pair in zip(COLUMNS, _words(row), strict=True)])


@applications.command()
def edit(
    name: Name,
    rename: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    time_zone: Zone = None,
    off_hours: Window = None,
    requests_per_second: Limit = None,
    data: Folder = None,
) -> None:
    """Change what is given; the rest stays."""
    values = _columns(time_zone, off_hours, requests_per_second)

    async def change(session: Session) -> None:
        id = await managing.known(session, name)
        if rename is not None:
            managing.check_name(rename, "--rename")
            values["name"] = rename
        await application_directory.edit(session, id, values, actor())

    in_transaction(reach(data), NAME, change)
    typer.echo(f"{rename or name} is changed")


def _columns(
    time_zone: str | None, off_hours: str | None, requests_per_second: str | None
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if time_zone is not None:
        columns["time_zone"] = managing.zone(time_zone)
    if off_hours is not None:
        begins, ends = _window(off_hours)
        columns |= {"off_hours_from": begins, "off_hours_to": ends}
    if requests_per_second is not None:
        columns["requests_per_second"] = managing.limit(requests_per_second)
    return columns


def _window(said: str) -> tuple[time, time]:
    try:
        begins, ends = (datetime.strptime(p, "%H:%M").time() for p in said.split("-"))  # noqa: DTZ007 - a clock's
    except ValueError:
        raise Invalid(f"--off-hours {said!r}: want HH:MM-HH:MM, such as 20:00-06:00") from None
    return begins, ends


def _words(row: Row) -> list[str]:
    window = f"{row['off_hours_from']:%H:%M}-{row['off_hours_to']:%H:%M}"
    limit = "" if row["requests_per_second"] is None else f"{row['requests_per_second']:g}"
    made = f"{row['created_at']:%Y-%m-%d}"
    return [row["name"], str(row["id"]), row["time_zone"], window, limit, made]
