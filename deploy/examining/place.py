"""Where the parts of a platform are: a stack's, or those that the environment names."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.commands.options import DATA
from deploy.local.folder import DataFolder, existing_folder
from deploy.local.lock import holder
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import database_url
from deploy.local.refusal import CannotRun
from deploy.local.secret_file import read_secrets
from deploy.local.settings_check import check_settings
from deploy.local.state import read_state


@dataclass(frozen=True, slots=True)
class Place:
    """`folder` and `mailbox_url` are an embedded stack's."""

    database_url: str
    temporal_address: str
    namespace: str
    api_url: str
    folder: DataFolder | None = None
    mailbox_url: str = ""

    def start(self, process: str) -> str:
        """How to bring a part back."""
        if self.folder:
            return f"tidings up --data {self.folder.path}"
        return f"start it: {process}"


def place(data: Path | None) -> Place:
    """The stack in `data`; without it what TIDINGS_* names, or else the stack in `.tidings`."""
    if data is None and "TIDINGS_DATABASE_URL" in os.environ:
        now = check_settings()
        return Place(
            now.database_url.get_secret_value(),
            now.temporal_address,
            now.temporal_namespace,
            os.environ.get("TIDINGS_URL") or f"http://{now.api_host}:{now.api_port}",
        )
    return _of_stack(existing_folder(data or DATA))


def _of_stack(folder: DataFolder) -> Place:
    runs = holder(folder) or read_state(folder.state)
    if runs is None:
        raise CannotRun(f"the stack in {folder.path} has never run")
    ports, secrets = Ports.from_base(runs.port_base), read_secrets(folder.secrets)
    return Place(
        database_url(ports.postgres, secrets.database_password),
        f"{HOST}:{ports.temporal}",
        "default",
        f"http://{HOST}:{ports.api}",
        folder,
        f"http://{HOST}:{ports.mailbox}",
    )
