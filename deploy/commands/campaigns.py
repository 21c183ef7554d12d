"""`tidings campaigns`: from a draft to the books of its end. docs/campaigns.md is the contract.

Exit codes: 0 done, 1 the API does not do that, 2 the command makes no sense or the key is refused,
3 the API does not answer; `watch` and `audit` have their own.
"""

import time
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from api.sdk.campaigns import Campaigns
from deploy.calling.caller import Caller, calling, stdout
from deploy.calling.listing import Paging, show_list
from deploy.campaigning.approving import as_seen, show_for_approval, signal_command
from deploy.campaigning.drafting import Draft, rate, variables
from deploy.campaigning.people_file import uploaded
from deploy.campaigning.views import (
    show_campaign,
    show_cancelled,
    show_events,
    show_moved,
    show_notifications,
    show_page,
    show_preview,
    show_report,
)
from deploy.campaigning.watching import exit_code, teller, watch
from deploy.commands.options import AsJson
from deploy.sending.items import CHANNELS
from deploy.sending.refusals import CannotRead, Refused

LOOK_SECONDS = 0.3
ID = Annotated[UUID, typer.Argument(metavar="ID", help="The id that `list` shows.")]
Name = Annotated[str, typer.Option(help="As approvers and reports show it.")]
Hash = Annotated[str | None, typer.Option(help="Of what you saw; else of what it shows now.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--stack", "--data", help="The stack's folder; else TIDINGS_DATABASE_URL, else .tidings."
    ),
]
Sandboxes = Annotated[
    list[Path] | None,
    typer.Option("--sandbox", help="The vendors' journal, or its folder; else the stack's."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

campaigns = typer.Typer(help="Campaigns: make, approve, watch, audit.", no_args_is_help=True)


@campaigns.command()
@calling
def create(
    caller: Caller,
    name: Name,
    channel: Annotated[str, typer.Option(help=f"One of {', '.join(CHANNELS)}.")],
    draft: Draft,
) -> None:
    """Make a draft. Nothing is sent before it is submitted and somebody else approves it."""
    if channel not in CHANNELS:
        raise CannotRead(f"--channel {channel!r}: there are {', '.join(CHANNELS)}")
    draft.check()
    body = {"name": name, "channel": channel, **draft.body()}
    if draft.speaks:
        body["content"] = draft.content(channel, {})
    if not {"template", "content"} & body.keys():
        raise CannotRead("what to tell? Give --template, or --subject, --html-file and --text")
    if draft.file:
        body["audience"] = {"audience_id": uploaded(caller.target, channel, draft.file)}
    if "audience" not in body:
        raise CannotRead("whom to tell? Give --audience, --file, --group or --everyone")
    caller.tell(caller.tidings.campaigns.create(**body), show_moved)


@campaigns.command("list")
@calling
def list_campaigns(
    caller: Caller,
    paging: Paging,
    status: Annotated[str | None, typer.Option(help="draft, running …")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
) -> None:
    """List them, the newest first."""
    query: dict[str, Any] = {"archived": archived, **({"status": status} if status else {})}
    show_list(caller, Campaigns.list, paging, show_page, **query)


@campaigns.command()
@calling
def show(caller: Caller, campaign_id: ID) -> None:
    """Show one, with its approvals and what validation found."""
    caller.tell(caller.tidings.campaigns.get(campaign_id), show_campaign)


@campaigns.command()
@calling
def edit(
    caller: Caller,
    campaign_id: ID,
    draft: Draft,
    name: Annotated[str | None, typer.Option(help="As approvers and reports show it.")] = None,
) -> None:
    """Change what is given; the rest stays. --data replaces all variables.

    Another content, audience or schedule makes approvals void: it is validated and approved again.
    """
    draft.check()
    body = draft.body() | ({} if name is None else {"name": name})
    if draft.speaks or draft.file:
        view = caller.tidings.campaigns.get(campaign_id)
        channel = view["channel"]
        if draft.speaks:
            before = (view["content"] or {}).get(channel, {}).get("default", {})
            body["content"] = draft.content(channel, before)
        if draft.file:
            body["audience"] = {"audience_id": uploaded(caller.target, channel, draft.file)}
    if not body:
        raise CannotRead("nothing to change: `tidings campaigns edit --help`")
    answer = caller.tidings.campaigns.edit(campaign_id, **body)
    caller.tell(answer, show_moved)


@campaigns.command()
@calling
def preview(
    caller: Caller,
    campaign_id: ID,
    size: Annotated[int, typer.Option(help="For how many of the audience.")] = 3,
) -> None:
    """Render it for some of the audience; what fails says why."""
    caller.tell(caller.tidings.campaigns.preview(campaign_id, size=size), show_preview)


@campaigns.command("test")
@calling
def send_test(
    caller: Caller,
    campaign_id: ID,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Up to 10.")],
    data: Annotated[list[str] | None, typer.Option(help="A variable: name=Ada.")] = None,
) -> None:
    """Send it to yourself first, as notifications of their own."""
    answer = caller.tidings.campaigns.test(campaign_id, to=addresses, data=variables(data or ()))
    caller.tell(answer, show_notifications)


@campaigns.command()
@calling
def submit(
    caller: Caller,
    campaign_id: ID,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is validated.")] = False,
) -> None:
    """Count its audience, check its rules, and ask for approval.

    With --wait exit code 1 if it was found invalid.
    """
    view = caller.tidings.campaigns.submit(campaign_id)
    while wait and view["status"] == "validating":
        time.sleep(LOOK_SECONDS)
        view = caller.tidings.campaigns.get(campaign_id)
    caller.tell(view, show_campaign if wait else show_moved)
    if view["status"] == "invalid":
        raise typer.Exit(1)


@campaigns.command()
@calling
def approve(caller: Caller, campaign_id: ID, hash: Hash = None, yes: Yes = False) -> None:
    """Look at it, and approve what you have seen. In a script: --yes --hash HASH."""
    if yes and not hash:
        raise CannotRead("--yes needs --hash: what you approve is what you have seen")
    view, seen = as_seen(caller.tidings, campaign_id, hash)
    if not yes:
        show_for_approval(Console(stderr=True, highlight=False, markup=False), caller.tidings, view)
        if not typer.confirm(f"Approve {view['people']:,} messages?", err=True):
            raise Refused("nothing was approved")
    answer = caller.tidings.campaigns.approve(campaign_id, hash=seen)
    caller.tell(answer, show_moved)


@campaigns.command()
@calling
def reject(
    caller: Caller,
    campaign_id: ID,
    reason: Annotated[str, typer.Option(help="What its authors are told.")],
    hash: Hash = None,
) -> None:
    """Reject it; it can be edited and submitted again."""
    _, seen = as_seen(caller.tidings, campaign_id, hash)
    answer = caller.tidings.campaigns.reject(campaign_id, hash=seen, reason=reason)
    caller.tell(answer, show_moved)


@campaigns.command("approval-code")
@calling
def approval_code(caller: Caller, campaign_id: ID, hash: Hash = None) -> None:
    """Print a one-time code, to approve it by a signal."""
    _, seen = as_seen(caller.tidings, campaign_id, hash)
    answer = caller.tidings.campaigns.approval_code(campaign_id, hash=seen)
    command = signal_command(answer, caller.stack)

    def show_code(console: Console, code: dict[str, Any]) -> None:
        console.print(f"{code['code']}\n\n{command}")

    caller.tell({**answer, "command": command}, show_code)


@campaigns.command()
@calling
def pause(caller: Caller, campaign_id: ID) -> None:
    """Hold it: within two seconds nothing new is sent."""
    caller.tell(caller.tidings.campaigns.pause(campaign_id), show_moved)


@campaigns.command()
@calling
def resume(caller: Caller, campaign_id: ID) -> None:
    """Go on where it stopped."""
    caller.tell(caller.tidings.campaigns.resume(campaign_id), show_moved)


@campaigns.command("rate")
@calling
def change_rate(
    caller: Caller,
    campaign_id: ID,
    per_second: Annotated[str, typer.Argument(metavar="N|none", help="Messages a second.")],
) -> None:
    """Change how many are sent a second. none: as many as the account allows."""
    caller.tell(
        caller.tidings.campaigns.change_rate(campaign_id, per_second=rate(per_second)), show_moved
    )


@campaigns.command()
@calling
def cancel(caller: Caller, campaign_id: ID, yes: Yes = False) -> None:
    """Stop it for good, and say how many had gone."""
    if not yes:
        view = caller.tidings.campaigns.get(campaign_id)
        words = f"Cancel {view['name']!r}, {view['status']}, {view['people'] or 0:,} people?"
        if not typer.confirm(words, err=True):
            raise Refused("nothing was cancelled")
    caller.tell(caller.tidings.campaigns.cancel(campaign_id), show_cancelled)


@campaigns.command("retry-failed")
@calling
def retry_failed(caller: Caller, campaign_id: ID) -> None:
    """Make a new draft, to those that were refused or expired."""
    caller.tell(caller.tidings.campaigns.retry_failed(campaign_id), show_moved)


@campaigns.command()
@calling
def duplicate(caller: Caller, campaign_id: ID) -> None:
    """Make a new draft of the same content and audience."""
    caller.tell(caller.tidings.campaigns.duplicate(campaign_id), show_moved)


@campaigns.command()
@calling
def archive(caller: Caller, campaign_id: ID) -> None:
    """Leave it out of the lists."""
    caller.tell(caller.tidings.campaigns.archive(campaign_id), show_moved)


@campaigns.command("watch")
@calling
def watch_it(caller: Caller, campaign_id: ID) -> None:
    """Follow it until it ends. Exit code 0: completed; 3: paused, cancelled, or not to be sent.

    With --json a line for each change.
    """
    if caller.as_json:
        last = watch(caller.tidings, campaign_id, lambda view: caller.tell(view, lambda *_: None))
    else:
        console = stdout()
        with teller(console) as tell:
            last = watch(caller.tidings, campaign_id, tell)
        console.print(f"{campaign_id}  {last['status']}")
    raise typer.Exit(exit_code(last))


@campaigns.command()
@calling
def report(caller: Caller, campaign_id: ID) -> None:
    """Print what became of everybody, once it has ended."""
    caller.tell(caller.tidings.campaigns.report(campaign_id), show_report)


@campaigns.command()
@calling
def events(caller: Caller, campaign_id: ID) -> None:
    """Print its account: who did what, refused approvals too."""
    found = caller.tidings.campaigns.events(campaign_id, limit=500)
    caller.tell({"items": list(found), "next": None}, show_events)


@campaigns.command("audit")
def audit_it(
    campaign_id: ID,
    stack: Folder = None,
    sandbox: Sandboxes = None,
    as_json: AsJson = False,
) -> None:
    """Compare its books with what the vendors got.

    It asks PostgreSQL and the sandbox's journal, not the API. Exit code 1 on any difference.
    """
    # All vendors and SQLAlchemy: no other command waits for them.
    from deploy.commands.audit import audit_campaign

    audit_campaign(campaign_id, stack, sandbox, as_json=as_json)
