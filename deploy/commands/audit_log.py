"""`tidings audit-log`: who did what, and whether nothing of it was changed since."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from deploy.commands.options import AsJson
from deploy.managing import applications
from deploy.managing.expected import expected_head
from deploy.managing.listing import show_rows
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from deploy.sending.account import printable
from models.repositories import audit_entries
from models.repositories.audit_entries import Filters, Row, Verified
from models.sessions import Session

NAME = "tidings audit-log"
MOST = 1000
audit_log = typer.Typer(help="Read the audit log, and verify it.", no_args_is_help=True)
When = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])]


@audit_log.command("list")
def list_entries(
    application: Annotated[str | None, typer.Option(help="Of this one; else of all.")] = None,
    actor: Annotated[str | None, typer.Option(help="Who: a key's owner, an email, a user.")] = None,
    action: Annotated[str | None, typer.Option(help="key.create, vendor.pause …")] = None,
    subject: Annotated[str | None, typer.Option(help="The id of what it was done to.")] = None,
    since: When = None,
    until: When = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The newest so many.")] = 50,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List entries, the newest first; times are UTC."""

    async def read(session: Session) -> list[Row]:
        id = await applications.known(session, application) if application else None
        filters = Filters(
            application_id=id,
            actor=actor,
            action=action,
            subject_id=subject,
            since=since and since.replace(tzinfo=UTC),
            until=until and until.replace(tzinfo=UTC),
        )
        return await audit_entries.page(session, filters, None, limit)

    rows = in_transaction(reach(data), NAME, read)
    if as_json:
        typer.echo(json.dumps(rows, default=str))
        return
    columns = ("number", "at (UTC)", "who", "what", "to", "changed")
    show_rows(columns, [_words(row) for row in rows])


@audit_log.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:HASH", help="The head that an earlier verify has printed."),
    ] = None,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain. Exit 1 names the first entry that was changed, moved or removed.

    Keep what it prints somewhere else: with --expect the next run sees an end that is cut off.
    """
    expected = expected_head(expect) if expect else None
    found = in_transaction(reach(data), NAME, lambda s: audit_entries.verify(s, expected))
    _tell(found, as_json=as_json)
    if found.broken is not None:
        raise typer.Exit(1)


def _tell(found: Verified, *, as_json: bool) -> None:
    number, hash = found.head.number, found.head.hash.hex()
    if as_json:
        whole = found.broken is None
        facts = {"whole": whole, "number": number, "hash": hash, "broken": found.broken}
        typer.echo(json.dumps(facts | {"why": found.why}))
    elif found.broken is None:
        typer.echo(f"whole\n{number}:{hash}")
    else:
        typer.echo(f"broken at {found.broken}: {found.why}\nwhole until {number}:{hash}")


def _words(row: dict[str, Any]) -> list[str]:
    detail = json.dumps(row["detail"], ensure_ascii=False)
    who = f"{row['actor_name']} ({row['actor_kind']})"
    subject = f"{row['subject_kind']} {row['subject_id']}"
    words = [f"{row['at']:%Y-%m-%d %H:%M:%S}", who, row["action"], subject, detail]
    return [str(row["number"]), *(printable(word) for word in words)]
