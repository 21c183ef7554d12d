"""`tidings notifications`: what became of them, and what can still be done about it.

docs/cli.md has the exit codes; `watch`, `cancel` and `show` say more by theirs.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import typer

from api.sdk.notifications import Notifications
from deploy.calling.caller import Caller, calling, stdout
from deploy.calling.listing import Paging, show_list
from deploy.campaigning.drafting import variables
from deploy.notifying.views import (
    event_line,
    show_accepted,
    show_cancelled,
    show_notification,
    show_page,
)
from deploy.sending.following import GOOD
from deploy.sending.refusals import CannotRead
from models.messages import Channel
from models.status import Status

ID = Annotated[UUID, typer.Argument(metavar="ID", help="The id that `list` or `send` shows.")]
Priority = Literal["high", "medium", "low"]
SendAt = Annotated[str | None, typer.Option(help="2030-01-31T09:00:00+01:00.")]
ExpiresIn = Annotated[int | None, typer.Option(help="Seconds; not sent after it.")]
STOPPED = "stopped"

notifications = typer.Typer(help="What became of notifications.", no_args_is_help=True)


@notifications.command("list")
@calling
def list_notifications(
    caller: Caller,
    paging: Paging,
    status: Annotated[
        Status | None, typer.Option(metavar="STATUS", help=f"{', '.join(Status)}.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="otp, transactional …")] = None,
    priority: Annotated[Priority | None, typer.Option(help="As it was accepted.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Among its channels.")] = None,
    profile: Annotated[str | None, typer.Option(help="Its id, or yours for it.")] = None,
    group: Annotated[str | None, typer.Option(help="Members of the group of this name.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Accepted then or later.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Accepted before then.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(help="order=4711. Repeat it.")] = None,
) -> None:
    """List them by filters that must all hold, the newest first."""
    show_list(
        caller,
        Notifications.list,
        paging,
        show_page,
        status=status.value if status else None,
        category=category,
        priority=priority,
        channel=channel.value if channel else None,
        profile=profile,
        group=group,
        from_=since,
        to=until,
        metadata=variables(metadata or ()),
    )


@notifications.command()
@calling
def show(caller: Caller, notification: ID) -> None:
    """Show one, with its messages, their attempts and its timeline."""
    caller.tell(caller.tidings.notifications.get(notification), show_notification)


@notifications.command()
@calling
def watch(caller: Caller, notification: ID) -> None:
    """Follow its timeline until it has ended. Exit code 0: sent; 1: it was not.

    With --json a line for each event, and the notification at last.
    """
    console = stdout()
    for event in caller.tidings.notifications.events(notification):
        if caller.as_json:
            typer.echo(json.dumps(event))
        else:
            console.print(event_line(event))
    view = caller.tidings.notifications.get(notification)
    caller.tell(view, lambda console, view: console.print(f"{view['id']}  {view['status']}"))
    if view["status"] not in GOOD:
        raise typer.Exit(1)


@notifications.command()
@calling
def cancel(caller: Caller, notification: ID) -> None:
    """Stop what was not sent. Exit code 0: all was stopped; 1: something had gone, or may have."""
    answer = caller.tidings.notifications.cancel(notification)
    caller.tell(answer, show_cancelled)
    if answer["outcome"] != STOPPED:
        raise typer.Exit(1)


@notifications.command()
@calling
def resend(
    caller: Caller,
    notification: ID,
    published: Annotated[
        bool, typer.Option("--published", help="By the template as it is published now.")
    ] = False,
    send_at: SendAt = None,
    expires_in: ExpiresIn = None,
    once: Annotated[
        str | None, typer.Option("--idempotency-key", help="The same again sends once.")
    ] = None,
) -> None:
    """Accept it once more, as another notification, decided afresh."""
    body = _given(send_at=send_at, expires_in=expires_in)
    if published:
        body["template_version"] = "published"
    answer = caller.tidings.notifications.resend(notification, idempotency_key=once, **body)
    caller.tell(answer, show_accepted)


@notifications.command()
@calling
def edit(
    caller: Caller,
    notification: ID,
    send_at: SendAt = None,
    expires_in: ExpiresIn = None,
    priority: Annotated[Priority | None, typer.Option(help="high, medium or low.")] = None,
    channels: Annotated[str | None, typer.Option(help="Only these: email,sms.")] = None,
    data: Annotated[list[str] | None, typer.Option(help="name=Ada. Replaces all.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(help="order=4711. Replaces all.")] = None,
    content: Annotated[Path | None, typer.Option(help="A JSON file, as the API takes it.")] = None,
) -> None:
    """Change one that is not yet due; what is not given stays."""
    body = _given(
        send_at=send_at,
        expires_in=expires_in,
        priority=priority,
        channels=channels.split(",") if channels else None,
        data=variables(data) if data else None,
        metadata=variables(metadata) if metadata else None,
        content=_read(content) if content else None,
    )
    if not body:
        raise CannotRead("nothing to change: `tidings notifications edit --help`")
    caller.tell(caller.tidings.notifications.edit(notification, **body), show_notification)


def _given(**said: Any) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _read(path: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise CannotRead(f"cannot read {path} ({error.strerror})") from None
    except ValueError as error:
        raise CannotRead(f"{path} is no JSON ({error})") from None
