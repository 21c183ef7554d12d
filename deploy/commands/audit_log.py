"""`tidings audit-log`: who did what, and whether nothing of it was changed since."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from deploy.commands.options import AsJson
from deploy.managing import applications
from deploy.managing.expected import expected_head
from deploy.managing.listing import say_more, show_json, show_rows
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
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    cursor: Annotated[
        int | None, typer.Option(min=1, help="Go on behind the entry of this number.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All there are, however many.")] = False,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List entries, the newest first; times are UTC."""

    async def read(session: Session) -> tuple[list[Row], str | None]:
        id = await applications.known(session, application) if application else None
        filters = Filters(
            application_id=id,
            actor=actor,
            action=action,
            subject_id=subject,
            since=since and since.replace(tzinfo=UTC),
            until=until and until.replace(tzinfo=UTC),
        )
        return await _entries(session, filters, cursor, None if every else limit)

    rows, following = in_transaction(reach(data), NAME, read)
    if as_json:
        show_json(rows, following)
        return
    columns = ("number", "at (UTC)", "who", "what", "to", "changed")
    show_rows(columns, [_words(row) for row in rows])
    if following:
        say_more(following)


@audit_log.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:HASH", help="The head that an earlier verify has printed."),
    ] = None,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain, to see whether anything was changed.

    Exit 1 names the first entry that was changed, moved or removed.

    Keep what it prints somewhere else: with --expect the next run sees an end that is cut off.
    """
    expected = expected_head(expect) if expect else None
    found = in_transaction(reach(data), NAME, lambda s: audit_entries.verify(s, expected))
    _tell(found, as_json=as_json)
    if found.broken is not None:
        raise typer.Exit(1)


async def _entries(
    session: Session, filters: Filters, before: int | None, limit: int | None
) -> tuple[list[Row], str | None]:
    """So many, else all; and the number to go on behind, if there are more."""
    rows: list[Row] = []
    while limit is None or len(rows) <= limit:
        size = MOST if limit is None else min(MOST, limit + 1 - len(rows))
        page = await audit_entries.page(session, filters, before, size)
        rows += page
        if len(page) < size:
            break
        before = page[-1]["number"]
    shown = rows[:limit]
    return shown, str(shown[-1]["number"]) if len(shown) < len(rows) else None


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
