"""What a person needs to use the running stack, as a table and as one JSON object."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.first_message import curl
from deploy.local.folder import DataFolder
from deploy.local.home import database_path
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import database_url
from deploy.local.secret_file import read_secrets
from deploy.local.state import StackState


def summary(
    folder: DataFolder, state: StackState, first_admin: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Every address, the key of the demo application and the pids, by the names of `--json`.

    `first_admin`: who may log in, if their password was not shown before.
    """
    ports = Ports.from_base(state.port_base)
    secrets = read_secrets(folder.secrets)
    return {
        "api": f"http://{HOST}:{ports.api}",
        "api_key": secrets.api_key,
        "console": f"http://{HOST}:{ports.api}/console/",
        "first_admin": first_admin,
        "temporal_ui": f"http://{HOST}:{ports.temporal_ui}",
        "temporal_address": f"{HOST}:{ports.temporal}",
        "mailbox": f"http://{HOST}:{ports.mailbox}",
        "smtp": f"{HOST}:{ports.smtp}",
        "metrics": [f"http://{HOST}:{port}/metrics" for port in ports.metrics.values()],
        "database_url": database_url(ports.postgres, secrets.database_password),
        "data": str(folder.path),
        "postgres_data": str(database_path(folder)),
        "pids": {"up": state.pid, **{part.name: part.pid for part in state.parts}},
    }


def show(console: Console, facts: dict[str, Any]) -> None:
    """Print the table, and below it a line that sends the first message when pasted."""
    database = database_url(int(facts["database_url"].rpartition(":")[2].split("/")[0]), "***")
    inside = Path(facts["data"]) in Path(facts["postgres_data"]).parents
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in (
        ("Console", facts["console"]),
        *_log_in(facts["first_admin"]),
        ("API", facts["api"]),
        ("API docs", f"{facts['api']}/docs"),
        ("Temporal UI", facts["temporal_ui"]),
        ("Mailbox", facts["mailbox"]),
        ("PostgreSQL", database),
        ("Metrics", _in_one(facts["metrics"])),
        ("API key", facts["api_key"]),
        ("Data", facts["data"]),
        *([] if inside else [("", f"{facts['postgres_data']} (PostgreSQL's)")]),
    ):
        table.add_row(f"[bold]{name}[/bold]", value)
    console.print()
    console.print(table, soft_wrap=True)
    console.print("\nSend the first message, then look into the mailbox:\n")
    # As it is, in one line: it is to be pasted.
    console.print(
        curl(facts["api"], facts["api_key"]), soft_wrap=True, markup=False, highlight=False
    )


def _in_one(urls: list[str]) -> str:
    """A line as `curl` takes it, for addresses that differ by their port."""
    ports = [url.rpartition(":")[2].partition("/")[0] for url in urls]
    return f"http://{HOST}:{{{','.join(ports)}}}/metrics"


def _log_in(admin: Mapping[str, str] | None) -> list[tuple[str, str]]:
    if admin is None:
        return []
    return [("", f"{admin['email']}, password {admin['password']} (shown only now)")]
