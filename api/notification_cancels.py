"""Cancelling a notification, for a caller or for a member of the staff."""

from functools import partial
from uuid import UUID

from api.deps import after_commit
from api.starter import Starter
from api.views import CancelledView, cancel_outcome, message_views, notification_status
from models.repositories import decisions, notifications
from models.sessions import Session


async def cancelled(
    session: Session, application_id: UUID, id: UUID, actor_id: UUID, starts: Starter
) -> CancelledView:
    """What the cancellation found; NotFound if it is not the application's."""
    stopped = await notifications.cancel(session, application_id, id, actor_id)
    row = await notifications.get(session, application_id, id)
    if stopped and row["owner_id"]:
        await decisions.end(session, row["owner_id"])
        row = await notifications.get(session, application_id, id)
        after_commit(session, partial(starts.wake, f"{row['owner_kind']}/{row['owner_id']}"))
    messages = await notifications.messages(session, row)
    return CancelledView(
        id=id,
        outcome=cancel_outcome(messages, cancelled=row["cancelled_at"] is not None),
        status=notification_status(row, messages),
        messages=message_views(messages, await notifications.attempts(session, row, messages)),
    )
