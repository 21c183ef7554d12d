"""`tidings send`: one notification from flags, or a file of them. docs/sending.md is its manual.

Ids and summaries go to stdout, everything about the way there to stderr.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.options import DATA, AsJson
from deploy.sending.early_end import exit_codes
from deploy.sending.flags import Flags, check_for_file, defaults, one
from deploy.sending.outcome import exit_code, facts, show
from deploy.sending.run import Order, Sending
from deploy.sending.source import Format
from deploy.sending.target import target


def send(
    file: Annotated[
        Path | None, typer.Argument(help="CSV or NDJSON; - is the standard input.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="To this address.")] = None,
    sms: Annotated[str | None, typer.Option(help="To this number: +4915112345678.")] = None,
    telegram: Annotated[str | None, typer.Option(help="To this chat: 123456789.")] = None,
    webhook: Annotated[str | None, typer.Option(help="To this URL: https://….")] = None,
    profile: Annotated[str | None, typer.Option(help="To a profile, by its id.")] = None,
    external_id: Annotated[str | None, typer.Option(help="To a profile, by your id.")] = None,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    locale: Annotated[str | None, typer.Option(help="Their language: de, pt-BR.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Europe/Berlin.")] = None,
    template: Annotated[str | None, typer.Option(help="A published template's name.")] = None,
    data: Annotated[
        list[str] | None, typer.Option(help="A variable of the template: name=Ada. Repeat it.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Instead of a template.")] = None,
    text: Annotated[str | None, typer.Option(help="Instead of a template.")] = None,
    html: Annotated[str | None, typer.Option(help="Instead of a template.")] = None,
    body: Annotated[str | None, typer.Option(help="A webhook's JSON, instead of one.")] = None,
    category: Annotated[str | None, typer.Option(help="otp, transactional …")] = None,
    priority: Annotated[str | None, typer.Option(help="high, medium or low.")] = None,
    channels: Annotated[str | None, typer.Option(help="Only these: email,sms.")] = None,
    send_at: Annotated[str | None, typer.Option(help="2030-01-31T09:00:00+01:00.")] = None,
    expires_in: Annotated[int | None, typer.Option(help="Seconds; not sent after it.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option(help="A note of yours: order=4711. Repeat it.")
    ] = None,
    dedupe_key: Annotated[str | None, typer.Option(help="Accepted once in seven days.")] = None,
    format: Annotated[Format | None, typer.Option(help="Else by name or first byte.")] = None,
    channel: Annotated[str | None, typer.Option(help="Of a file's addresses.")] = None,
    allow_duplicates: Annotated[
        bool, typer.Option("--allow-duplicates", help="Send those within the file as well.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send a file anew that was sent before.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when all have ended.")] = False,
    journal: Annotated[Path | None, typer.Option(help="Add what was accepted, NDJSON.")] = None,
    errors: Annotated[Path | None, typer.Option(help="Write what was refused, CSV.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
    as_json: AsJson = False,
    retry_for: Annotated[float, typer.Option(help="Seconds to ask a silent API again.")] = 60,
    url: Annotated[
        str | None, typer.Option(envvar="TIDINGS_URL", help="The API; else this machine's stack.")
    ] = None,
    key: Annotated[str | None, typer.Option(envvar="TIDINGS_KEY", help="Its API key.")] = None,
    stack: Annotated[Path, typer.Option(help="The data folder of this machine's stack.")] = DATA,
) -> None:
    """Send one notification, or a CSV or NDJSON file of them.

    Exit codes: 0 all accepted, 1 something was refused, 2 the command or the file makes no sense,
    3 the API does not answer. docs/sending.md has the columns.
    """
    console = Console(stderr=True, highlight=False)
    flags = Flags(
        to={
            "email": email,
            "sms": sms,
            "telegram": telegram,
            "webhook": webhook,
            "profile_id": profile,
            "external_id": external_id,
        },
        person={"name": name, "locale": locale, "time_zone": time_zone},
        content={"subject": subject, "text": text, "html": html, "body": body},
        item={
            "template": template,
            "category": category,
            "priority": priority,
            "send_at": send_at,
            "expires_in": expires_in,
        },
        data=data or [],
        metadata=metadata or [],
        channels=channels,
        channel=channel,
        dedupe_key=dedupe_key,
    )
    with exit_codes(as_json=as_json):
        if file:
            check_for_file(flags)
        order = Order(
            path=file,
            one=None if file else one(flags),
            defaults=defaults(flags),
            target=target(url, key, stack),
            format=format,
            allow_duplicates=allow_duplicates,
            again=again,
            wait=wait,
            quiet=quiet,
            journal=journal,
            errors=errors,
            retry_for_seconds=retry_for,
            as_json=as_json,
        )
        sending = Sending(order, console)
    code = _run(sending)
    if as_json:
        typer.echo(json.dumps(facts(sending)))
    elif sending.account.totals.read_whole:
        show(Console(highlight=False, markup=False, soft_wrap=True), sending)
    raise typer.Exit(code)


def _run(sending: Sending) -> int:
    """The exit code; where it is not the send's own, a line on stderr says why."""
    try:
        with exit_codes(as_json=sending.order.as_json):
            sending.run()
    except typer.Exit as stop:
        if _goes_on(sending):
            typer.echo("tidings: the same command again goes on where this one ended", err=True)
        return stop.exit_code
    finally:
        sending.close()
    return exit_code(sending)


def _goes_on(sending: Sending) -> bool:
    """A person may be told; with --json the error stays the last line, `not_sent` says it."""
    order = sending.order
    told = order.path and not order.again and not order.as_json
    return bool(told and sending.account.totals.not_sent)
