"""A test of a vendor account: a notification like any other, pinned to it.

It never goes through another account, and is not sent again when it is in doubt.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from models.acceptance import DEFAULT_CATEGORY, Request, accept
from models.addresses import normalise
from models.errors import Conflict
from models.messages import Channel
from models.repositories import acceptances, references, vendor_account_changes
from models.repositories.acceptances import New
from models.repositories.audit_log import Actor
from models.repositories.references import Wanted
from models.repositories.vendor_accounts import Row
from models.sessions import Session
from models.workflow_start import WorkflowStart

LIVES_SECONDS = 600
WORDS = "This is a test of the vendor account {{ account }}, sent by Tidings."


async def sent(
    session: Session, account: Row, to: str, category: str | None, actor: Actor
) -> WorkflowStart:
    """Accept it; its workflow start, whose owner is the notification. Conflict: it is paused."""
    if account["paused_at"] is not None:
        raise Conflict("it is paused: resume it first", field="account_id", reason="is_paused")
    channel = Channel(account["channel"])
    request = Request(
        content=_content(channel),
        data={"account": account["name"]},
        category=category,
        addresses={channel.value: normalise(channel, to, "to")},
        channels=(channel.value,),
        expires_in=LIVES_SECONDS,
        metadata={"vendor_account": str(account["id"])},
    )
    application_id: UUID = account["application_id"]
    wanted = Wanted(categories={category or DEFAULT_CATEGORY})
    found = await references.load(session, application_id, wanted)
    accepted = replace(accept(request, found, {}, may_raise_priority=False), on_unknown="hold")
    id = uuid7()
    new = New(id, id, accepted)
    times = await acceptances.write(session, application_id, [new], kind="notification")
    await vendor_account_changes.pin(session, account, id, actor)
    due_at: datetime = times[id].due_at
    return acceptances.start_of(application_id, id, [new], due_at, kind="notification")


def _content(channel: Channel) -> dict[str, dict[str, str]]:
    match channel:
        case Channel.EMAIL:
            parts = {"subject": "A test by Tidings", "text": WORDS}
        case Channel.WEBHOOK:
            parts = {"body": '{"type": "tidings.test", "account": {{ account }}}'}
        case _:
            parts = {"text": WORDS}
    return {channel.value: parts}
