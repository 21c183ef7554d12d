"""`tidings audit`: do the client, PostgreSQL and the sandbox vendors tell the same story?

Exit code 1 on any difference that is not explained.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.console import Console

from deploy.auditing.audit import Question, Report
from deploy.auditing.audit import audit as run
from deploy.auditing.report import as_object, show
from deploy.commands.options import DATA, AsJson
from deploy.local.folder import DataFolder, existing_folder
from deploy.local.ports import Ports
from deploy.local.postgres import database_url
from deploy.local.refusal import CannotRun
from deploy.local.sandbox.journal import FILE
from deploy.local.secret_file import read_secrets
from deploy.local.settings_check import check_settings
from deploy.local.state import read_state
from models import database

Folder = Annotated[
    Path | None,
    typer.Option("--data", help="The stack's folder; else TIDINGS_DATABASE_URL, else .tidings."),
]
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
    typer.Option("--rate", help="ACCOUNT=N: no second may hold more than N of its effects."),
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
    folder = _folder(data)
    question = Question(
        database_url=_database_url(folder),
        journals=journal or (),
        sandboxes=[_file(path) for path in sandbox] if sandbox else _own_sandbox(folder),
        rates=dict(_rate(each) for each in rate or ()),
        open_ok=open_ok,
        complete=complete,
        kept=None if as_json else 20,
    )
    report = _answer(question)
    if as_json:
        typer.echo(json.dumps(as_object(report)))
    else:
        show(Console(highlight=False), report)
    raise typer.Exit(0 if report.agrees else 1)


def _answer(question: Question) -> Report:
    try:
        return asyncio.run(run(question))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if not database.is_away(error):
            raise
        raise CannotRun(f"PostgreSQL does not answer ({type(error).__name__})") from None


def _folder(data: Path | None) -> DataFolder | None:
    if data is None and "TIDINGS_DATABASE_URL" in os.environ:
        return None
    return existing_folder(data or DATA)


def _database_url(folder: DataFolder | None) -> str:
    if folder is None:
        return check_settings().database_url.get_secret_value()
    state = read_state(folder.state)
    if state is None:
        raise CannotRun(f"the stack in {folder.path} has never run")
    port = Ports.from_base(state.port_base).postgres
    return database_url(port, read_secrets(folder.secrets).database_password)


def _own_sandbox(folder: DataFolder | None) -> list[Path]:
    if folder is None:
        raise CannotRun("no stack, so no sandbox of its own: name the journal with --sandbox")
    return [folder.sandbox / FILE]


def _file(path: Path) -> Path:
    return path / FILE if path.is_dir() else path


def _rate(option: str) -> tuple[str, int]:
    account, _, number = option.rpartition("=")
    if not account or not number.isdecimal() or int(number) < 1:
        raise CannotRun(f"--rate {option}: want ACCOUNT=N, such as twilio=20")
    return account, int(number)
