"""What an approver sees before deciding: whatever an approval is bound to, and its hash."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from rich.console import Console

from deploy.campaigning.views import excerpt, facts, show_facts
from deploy.local.folder import existing_folder
from deploy.local.lock import holder
from deploy.local.ports import HOST, Ports
from deploy.local.refusal import CannotRun
from deploy.sending.account import printable
from deploy.sending.refusals import Refused

if TYPE_CHECKING:
    from api.sdk import Tidings
    from api.sdk.models import CampaignView, CodeView

SHOWN = 2


def as_seen(tidings: Tidings, id: UUID, hash: str | None) -> tuple[CampaignView, str]:
    """The campaign and its hash, if it has one to decide on, and it is the one that was given."""
    view = tidings.campaigns.get(id)
    now = view["content_hash"]
    if now is None and hash is None:
        raise Refused(f"there is nothing to decide on: the campaign is {view['status']}")
    if now is None or hash not in (None, now):
        raise Refused(f"it has changed since: its hash is {now or 'none'} now (changed)")
    return view, now


def show_for_approval(console: Console, tidings: Tidings, view: CampaignView) -> None:
    """Name, content, people, schedule and hash, as somebody of the audience would get it."""
    console.print(f"{view['id']}  {view['status']}")
    show_facts(console, facts(view))
    for item in tidings.campaigns.preview(view["id"], size=SHOWN)["items"]:
        console.print(f"\nTo {printable(item['to'])}:")
        for line in excerpt(item):
            console.print(f"  {line}")
    console.print()


def signal_command(code: CodeView, stack: Path | None) -> str:
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
