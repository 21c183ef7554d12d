"""What an approver sees before deciding: whatever an approval is bound to, and its hash."""

import json
import shlex
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console

from deploy.campaigning.api import Api, Refused
from deploy.campaigning.views import excerpt, facts, show_facts
from deploy.local.folder import existing_folder
from deploy.local.lock import holder
from deploy.local.ports import HOST, Ports
from deploy.local.refusal import CannotRun
from deploy.sending.account import printable

SHOWN = 2


def as_seen(api: Api, id: UUID, hash: str | None) -> dict[str, Any]:
    """The campaign, if it has a hash to decide on and it is the one that was given."""
    view = api.campaign(id)
    now = view["content_hash"]
    if hash is None and now is None:
        raise Refused(f"there is nothing to decide on: the campaign is {view['status']}")
    if hash is not None and hash != now:
        raise Refused(f"it has changed since: its hash is {now or 'none'} now (changed)")
    return view


def show_for_approval(console: Console, api: Api, view: dict[str, Any]) -> None:
    """Name, content, people, schedule and hash, as somebody of the audience would get it."""
    console.print(f"{view['id']}  {view['status']}")
    show_facts(console, facts(view))
    for item in api.move(UUID(view["id"]), "preview", size=SHOWN)["items"]:
        console.print(f"\nTo {printable(item['to'])}:")
        for line in excerpt(item):
            console.print(f"  {line}")
    console.print()


def signal_command(code: dict[str, Any], stack: Path | None) -> str:
    """The command that approves by a signal, to be pasted into a shell."""
    said = json.dumps({"approver": code["approver"], "code": code["code"]}, ensure_ascii=False)
    words = ["temporal", "workflow", "signal"]
    if address := _address(stack):
        words += ["--address", address]
    words += ["--workflow-id", code["workflow_id"], "--name", "approve", "--input", said]
    return shlex.join(words)


def _address(stack: Path | None) -> str | None:
    try:
        runs = holder(existing_folder(stack)) if stack else None
    except CannotRun:
        return None
    return f"{HOST}:{Ports.from_base(runs.port_base).temporal}" if runs else None
