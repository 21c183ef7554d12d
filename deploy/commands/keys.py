"""`tidings keys`: make, list and revoke API keys. A key is shown once, when it is made."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from deploy.commands.options import AsJson
from deploy.local.settings_check import check_settings
from models import database
from models import keys as shapes
from models.errors import Invalid, NotFound
from models.repositories import api_keys, applications
from models.repositories.api_keys import NewKey

T = TypeVar("T")
keys = typer.Typer(help="Make and revoke API keys.", no_args_is_help=True)


@keys.command()
def create(
    application: Annotated[str, typer.Option(help="The application that sends.")],
    owner: Annotated[str, typer.Option(help="Who answers for the key: a person or a team.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "key",
    scopes: Annotated[str, typer.Option(help=f"Of {', '.join(shapes.SCOPES)}.")] = (
        "notifications:send,notifications:read,notifications:cancel"
    ),
    days: Annotated[int, typer.Option(help="Valid for so many days; 0: for ever.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown now, and never again: only its SHA-256 is kept."""
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    if unknown := [scope for scope in wanted if scope not in shapes.SCOPES]:
        raise Invalid(f"no scope {unknown[0]!r}; there are {', '.join(shapes.SCOPES)}")
    key = shapes.new()

    async def insert(session: AsyncSession) -> UUID:
        id = uuid7()
        expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
        new = NewKey(
            id=id,
            application_id=await applications.ensure(session, application),
            name=name,
            owner=owner,
            sha256=shapes.digest(key),
            last_four=key[-4:],
            scopes=wanted,
            expires_at=expires_at,
        )
        await api_keys.insert(session, new)
        return id

    id = _with_session(insert)
    if as_json:
        typer.echo(json.dumps({"id": str(id), "key": key, "scopes": wanted}))
    else:
        typer.echo(f"{key}\n\nid {id}, scopes {', '.join(wanted)}. Keep it: it is shown only now.")


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, without what they are."""
    rows = _with_session(api_keys.every)
    if as_json:
        typer.echo(json.dumps(rows, default=str))
        return
    table = Table("id", "application", "name", "owner", "ends in", "scopes", "state", box=None)
    for row in rows:
        state = "revoked" if row["revoked_at"] else "live"
        words = [str(row[c]) for c in ("id", "application", "name", "owner", "last_four")]
        scopes: Any = row["scopes"]
        table.add_row(*words, ", ".join(scopes), state)
    Console().print(table)


@keys.command()
def revoke(key_id: Annotated[UUID, typer.Argument(help="The id that `list` shows.")]) -> None:
    """Revoke a key; within 2 seconds no API process takes it any more."""

    async def end(session: AsyncSession) -> bool:
        return await api_keys.revoke(session, key_id)

    if not _with_session(end):
        raise NotFound("no live key with this id")
    typer.echo("revoked")


def _with_session(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run() -> T:
        url = check_settings().database_url.get_secret_value()
        engine = database.engine(url, pool=1, name="tidings keys")
        try:
            async with database.sessions(engine).begin() as session:
                return await work(session)
        finally:
            await engine.dispose()

    return asyncio.run(run())
