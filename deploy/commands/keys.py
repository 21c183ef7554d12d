"""`tidings keys`: make, list and revoke API keys. A key is shown once, when it is made."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from uuid_utils.compat import uuid7

from deploy.commands.options import AsJson
from deploy.managing import applications
from deploy.managing.actor import actor
from deploy.managing.listing import show_rows
from deploy.managing.new_key import MOST_DAYS, expiry, scopes_of, words_of
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from models import keys as shapes
from models.errors import NotFound
from models.repositories import api_keys
from models.repositories.api_keys import NewKey
from models.sessions import Session

NAME = "tidings keys"
keys = typer.Typer(help="Make and revoke API keys.", no_args_is_help=True)


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
    key, id, wanted = shapes.new(), uuid7(), scopes_of(scopes)
    expires_at = expiry(days)
    owner, name = words_of("--owner", owner), words_of("--name", name)

    async def insert(session: Session) -> None:
        find = applications.made if new_application else applications.known
        new = NewKey(
            id=id,
            application_id=await find(session, application),
            name=name,
            owner=owner,
            sha256=shapes.digest(key),
            last_four=key[-4:],
            scopes=wanted,
            expires_at=expires_at,
        )
        await api_keys.create(session, new, actor())

    in_transaction(reach(data), NAME, insert)
    _tell(key, id, wanted, as_json=as_json)
    if new_application:
        typer.echo(
            f"{application} sends through accounts of its own: tidings accounts add", err=True
        )


@keys.command("list")
def list_keys(data: Folder = None, as_json: AsJson = False) -> None:
    """List all keys, without what they are."""
    rows = in_transaction(reach(data), NAME, lambda session: api_keys.page(session, None))
    if as_json:
        typer.echo(json.dumps(rows, default=str))
        return
    columns = ("id", "application", "name", "owner", "ends in", "scopes", "state")
    show_rows(columns, [_words(row) for row in rows])


@keys.command()
def revoke(
    key_id: Annotated[UUID, typer.Argument(help="The id that `list` shows.")],
    data: Folder = None,
) -> None:
    """Revoke a key; within 2 seconds no API process takes it any more."""

    async def end(session: Session) -> bool:
        return await api_keys.revoke(session, None, key_id, actor())

    if not in_transaction(reach(data), NAME, end):
        raise NotFound("no live key with this id")
    typer.echo("revoked")


def _words(row: dict[str, Any]) -> list[str]:
    words = [str(row[c]) for c in ("id", "application", "name", "owner", "last_four")]
    return [*words, ", ".join(row["scopes"]), _state(row)]


def _state(row: dict[str, Any]) -> str:
    ends: datetime | None = row["expires_at"]
    return f"live until {ends:%Y-%m-%d}" if row["state"] == "live" and ends else str(row["state"])


def _tell(key: str, id: UUID, scopes: list[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"id": str(id), "key": key, "scopes": scopes}))
    else:
        typer.echo(f"{key}\n\nid {id}, scopes {', '.join(scopes)}. Keep it: it is shown only now.")
