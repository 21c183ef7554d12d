"""Which database a command works on: a stack's, or the one that the environment names."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import DATA
from deploy.local.folder import DataFolder, existing_folder
from deploy.local.lock import holder
from deploy.local.ports import Ports
from deploy.local.postgres import database_url
from deploy.local.refusal import CannotRun
from deploy.local.secret_file import read_secrets
from deploy.local.settings_check import check_settings
from deploy.local.state import read_state

Folder = Annotated[
    Path | None,
    typer.Option("--data", help="The stack's folder; else TIDINGS_DATABASE_URL, else .tidings."),
]


@dataclass(frozen=True, slots=True)
class Reach:
    """A database and the keyring of its vendor accounts; `hint` is for when it does not answer."""

    database_url: str
    secret_keys: str
    hint: str
    folder: DataFolder | None = None


def reach(data: Path | None) -> Reach:
    """The stack in `data`; without it TIDINGS_DATABASE_URL, or else the stack in `.tidings`."""
    if data is None and "TIDINGS_DATABASE_URL" in os.environ:
        now = check_settings()
        url, keys = now.database_url.get_secret_value(), now.secret_keys.get_secret_value()
        return Reach(url, keys, "is TIDINGS_DATABASE_URL right?")
    try:
        return _of_stack(existing_folder(data or DATA))
    except CannotRun as error:
        if data is not None:
            raise
        raise CannotRun(f"{error}, or TIDINGS_DATABASE_URL a database") from None


def _of_stack(folder: DataFolder) -> Reach:
    runs = holder(folder) or read_state(folder.state)
    if runs is None:
        raise CannotRun(f"the stack in {folder.path} has never run")
    secrets = read_secrets(folder.secrets)
    url = database_url(Ports.from_base(runs.port_base).postgres, secrets.database_password)
    hint = f"does the stack in {folder.path} run? `tidings status --data {folder.path}`"
    return Reach(url, secrets.secret_keys, hint, folder)
