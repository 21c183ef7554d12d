"""`tidings audit`: do the client, PostgreSQL and the sandbox vendors tell the same story?

Exit code 1 on any difference that is not explained.
"""

import asyncio
import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from deploy.auditing.audit import Question
from deploy.auditing.audit import audit as run
from deploy.auditing.report import as_object, show
from deploy.auditing.sandbox_accounts import Sandbox
from deploy.commands.options import AsJson
from deploy.local.lock import holder
from deploy.local.ports import Ports
from deploy.local.refusal import CannotRun
from deploy.local.sandbox.journal import FILE
from deploy.local.state import read_state
from deploy.managing.database_trouble import told_in_one_line
from deploy.managing.listing import wide
from deploy.managing.reach import Folder, Reach, reach

Journals = Annotated[
    list[Path] | None,
    typer.Option("--journal", help="What a client was answered: NDJSON with id, to, channel, key."),
]
Sandboxes = Annotated[
    list[Path] | None,
    typer.Option("--sandbox", help="The vendors' journal, or its folder; else the stack's."),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rate", help="ACCOUNT=N, or VENDOR=N: no second holds more than N of its effects."
    ),
]
OpenOk = Annotated[bool, typer.Option("--open-ok", help="Some may still be open: count them.")]
Complete = Annotated[
    bool, typer.Option("--complete", help="The journals hold every call that was made.")
]


def audit(
    data: Folder = None,
    journal: Journals = None,
    sandbox: Sandboxes = None,
    rate: Rates = None,
    open_ok: OpenOk = False,
    complete: Complete = False,
    as_json: AsJson = False,
) -> None:
    """Compare what clients were promised, what PostgreSQL says and what the vendors got."""
    where = reach(data)
    question = Question(
        database_url=where.database_url,
        journals=journal or (),
        sandboxes=_journals(where, sandbox),
        rates=dict(_rate(each) for each in rate or ()),
        open_ok=open_ok,
        complete=complete,
        kept=None if as_json else 20,
        sandbox=None if sandbox else _own_sandbox(where),
    )
    _tell(where, question, as_json=as_json)


def audit_campaign(
    id: UUID, data: Path | None, sandbox: list[Path] | None, *, as_json: bool
) -> None:
    """`tidings campaigns audit`: the same, of one campaign."""
    where = reach(data)
    question = Question(
        database_url=where.database_url,
        sandboxes=_journals(where, sandbox),
        kept=None if as_json else 20,
        campaign=id,
        sandbox=None if sandbox else _own_sandbox(where),
    )
    _tell(where, question, as_json=as_json)


def _tell(where: Reach, question: Question, *, as_json: bool) -> None:
    with told_in_one_line(where.database_url, where.hint):
        report = asyncio.run(run(question))
    if as_json:
        typer.echo(json.dumps(as_object(report)))
    else:
        show(wide(Console(highlight=False)), report)
    raise typer.Exit(0 if report.agrees else 1)


def _journals(where: Reach, named: list[Path] | None) -> list[Path]:
    if named:
        return [path / FILE if path.is_dir() else path for path in named]
    if where.folder is None:
        raise CannotRun("no stack, so no sandbox of its own: name the journal with --sandbox")
    return [where.folder.sandbox / FILE]


def _own_sandbox(where: Reach) -> Sandbox | None:
    """The stack's, by which its accounts are told from others."""
    runs = holder(where.folder) or read_state(where.folder.state) if where.folder else None
    return Sandbox(Ports.from_base(runs.port_base), where.secret_keys) if runs else None


def _rate(option: str) -> tuple[str, int]:
    account, _, number = option.rpartition("=")
    if not account or not number.isdecimal() or int(number) < 1:
        raise CannotRun(f"--rate {option}: want ACCOUNT=N, such as twilio=20")
    return account, int(number)
