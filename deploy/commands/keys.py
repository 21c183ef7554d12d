"""`tidings keys`: make, list, rotate and revoke API keys. A key is shown once, when it is made."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.commands.options import AsJson
from deploy.managing import applications
from deploy.managing.actor import actor
from deploy.managing.listing import show_json, show_rows
from deploy.managing.new_key import MOST_DAYS, expiry, scopes_of, words_of
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from models import keys as shapes
from models.errors import NotFound
from models.key_grant import Grant
from models.new_key import Made, new_key
from models.repositories import api_keys
from models.sessions import Session

NAME = "tidings keys"
keys = typer.Typer(help="Make, rotate and revoke API keys.", no_args_is_help=True)


@keys.command()
def create(
    application: Annotated[str, typer.Option(help="The application that sends.")],
    owner: Annotated[str, typer.Option(help="Who answers for the key: a person or a team.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "key",
    scopes: Annotated[str, typer.Option(help=f"Of {', '.join(shapes.SCOPES)}.")] = (
        "notifications:send,notifications:read,notifications:cancel"
    ),
    days: Annotated[int, typer.Option(help=f"Valid so long, to {MOST_DAYS}; 0: for ever.")] = 0,
    new_application: Annotated[
        bool, typer.Option("--new-application", help="Make it, with the default categories.")
    ] = False,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown now, and never again: only its SHA-256 is kept."""
    grant = Grant(scopes_of(scopes), expiry(days))
    owner, name = words_of("--owner", owner), words_of("--name", name)

    async def make(session: Session) -> Made:
        if new_application:
            id = await applications.made(session, application, actor())
        else:
            id = await applications.known(session, application)
        made = new_key(id, name, owner, grant)
        await api_keys.create(session, made.row, actor())
        return made

    _tell(in_transaction(reach(data), NAME, make), as_json=as_json)
    if new_application:
        typer.echo(
            f"{application} sends through accounts of its own: tidings vendors add", err=True
        )


@keys.command()
def rotate(
    key_id: Annotated[UUID, typer.Argument(help="The id that `list` shows.")],
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="How long the old one still works.")
    ] = 24,
    days: Annotated[
        int | None, typer.Option(help="Valid so long, 0 for ever; else as the old one was.")
    ] = None,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make a key's successor; both work until the overlap ends."""

    async def make(session: Session) -> Made:
        old = await api_keys.get(session, None, key_id)
        expires_at = api_keys.renewed_until(old) if days is None else expiry(days)
        grant = Grant(old["scopes"], expires_at, old["requests_per_second"])
        of = old["application_id"]
        made = new_key(of, old["name"], old["owner"], grant, old["lineage_id"])
        overlap = timedelta(hours=overlap_hours)
        await api_keys.rotate(session, old, made.row, overlap, actor())
        return made

    _tell(in_transaction(reach(data), NAME, make), as_json=as_json)


@keys.command("list")
def list_keys(data: Folder = None, as_json: AsJson = False) -> None:
    """List all keys, without what they are."""
    rows = in_transaction(reach(data), NAME, lambda session: api_keys.page(session, None))
    if as_json:
        show_json(rows)
        return
    columns = ("id", "application", "name", "owner", "ends in", "scopes", "state", "used (UTC)")
    show_rows(columns, [_words(row) for row in rows])


@keys.command()
def revoke(
    key_id: Annotated[UUID, typer.Argument(help="The id that `list` shows.")],
    data: Folder = None,
) -> None:
    """Revoke a key; within five seconds no API process takes it."""

    async def end(session: Session) -> bool:
        try:
            return await api_keys.revoke(session, None, key_id, actor())
        except NotFound:
            return False

    if not in_transaction(reach(data), NAME, end):
        raise NotFound("no live key with this id")
    typer.echo("revoked")


def _words(row: dict[str, Any]) -> list[str]:
    words = [str(row[c]) for c in ("id", "application", "name", "owner", "last_four")]
    used = f"{row['last_used_at']:%Y-%m-%d %H:%M}" if row["last_used_at"] else "never"
    return [*words, ", ".join(row["scopes"]), _state(row), used]


def _state(row: dict[str, Any]) -> str:
    ends: datetime | None = row["expires_at"]
    return f"live until {ends:%Y-%m-%d}" if row["state"] == "live" and ends else str(row["state"])


def _tell(made: Made, *, as_json: bool) -> None:
    id, scopes = str(made.row.id), made.row.scopes
    if as_json:
        typer.echo(json.dumps({"id": id, "key": made.secret, "scopes": scopes}))
    else:
        said = f"id {id}, scopes {', '.join(scopes)}. Keep it: it is shown only now."
        typer.echo(f"{made.secret}\n\n{said}")
